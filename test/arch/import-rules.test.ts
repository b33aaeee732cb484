import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** One planted import a rule: who imports what. Each must be caught by its own rule. */
const planted: readonly { readonly rule: string; readonly file: string; readonly imports: string }[] = [
  { rule: "no-circular", file: "edge-agent/src/flow/about.ts", imports: "./round.ts" },
  { rule: "no-unresolvable", file: "edge-agent/src/flow/lost.ts", imports: "./nowhere.ts" },
  { rule: "core-is-pure", file: "edge-agent/src/core/impure.ts", imports: "node:fs" },
  { rule: "ports-see-core-only", file: "edge-agent/src/ports/nosy.ts", imports: "../lib/tool.ts" },
  { rule: "lib-knows-no-domain", file: "edge-agent/src/lib/clever.ts", imports: "../core/word.ts" },
  {
    rule: "flow-sees-no-adapter",
    file: "edge-agent/src/flow/shortcut.ts",
    imports: "../adapters/one/plug.ts",
  },
  {
    rule: "adapters-are-strangers",
    file: "edge-agent/src/adapters/two/friend.ts",
    imports: "../one/plug.ts",
  },
  {
    rule: "adapters-do-not-call-up",
    file: "edge-agent/src/adapters/two/boss.ts",
    imports: "../../flow/quiet.ts",
  },
  { rule: "config-wires-nothing", file: "edge-agent/src/config/wire.ts", imports: "../flow/quiet.ts" },
  {
    rule: "finger-is-a-leaf",
    file: "protocol-finger/src/climb.ts",
    imports: "../../edge-agent/src/core/word.ts",
  },
  {
    rule: "finger-by-its-doors",
    file: "edge-agent/src/adapters/two/burglar.ts",
    imports: "../../../../protocol-finger/src/inside.ts",
  },
  { rule: "wire-is-pure", file: "protocol-finger/src/wire/dialer.ts", imports: "../inside.ts" },
  { rule: "wire-is-pure", file: "protocol-finger/src/s7/dialer.ts", imports: "../inside.ts" },
  { rule: "wire-is-pure", file: "protocol-finger/src/modbus/dialer.ts", imports: "../inside.ts" },
  { rule: "models-is-a-leaf", file: "models/src/climb.ts", imports: "../../edge-agent/src/core/word.ts" },
  {
    rule: "models-by-its-doors",
    file: "edge-agent/src/adapters/two/thief.ts",
    imports: "../../../../models/src/inside.ts",
  },
  {
    rule: "page-sees-the-door-only",
    file: "web-twin/src/peek.ts",
    imports: "../../edge-agent/src/flow/quiet.ts",
  },
  {
    rule: "controller-sees-doors-only",
    file: "k8s/controller/src/peek.ts",
    imports: "../../../edge-agent/src/flow/quiet.ts",
  },
  {
    rule: "controller-reconciles-purely",
    file: "k8s/controller/src/reconcile/impure.ts",
    imports: "node:fs",
  },
  { rule: "product-knows-no-test", file: "edge-agent/src/flow/cheat.ts", imports: "../../../test/helper.ts" },
];

/** What the planted files may point at. */
const innocent = [
  "edge-agent/src/core/word.ts",
  "protocol-finger/src/inside.ts",
  "models/src/inside.ts",
  "edge-agent/src/lib/tool.ts",
  "edge-agent/src/flow/quiet.ts",
  "edge-agent/src/adapters/one/plug.ts",
  "test/helper.ts",
];

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Names of the rules that a tree breaks, with the files that break them. */
async function broken(tree: string): Promise<{ rule: string; from: string }[]> {
  const args = [
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    "protocol-finger",
    "models",
    "edge-agent",
    "web-twin",
    "k8s",
    "test",
  ];
  const { stdout } = await run(join(root, "node_modules/.bin/depcruise"), args, {
    cwd: tree,
    maxBuffer: 1e8,
  }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
  const { summary } = JSON.parse(stdout) as {
    summary: { totalCruised: number; violations: { from: string; rule: { name: string } }[] };
  };
  expect(summary.totalCruised).toBeGreaterThanOrEqual(innocent.length);
  return summary.violations.map((violation) => ({ rule: violation.rule.name, from: violation.from }));
}

describe("import rules", () => {
  let tree = "";

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), "stethos-arch-"));
    for (const file of [".dependency-cruiser.cjs", "tsconfig.base.json"])
      await cp(join(root, file), join(tree, file));
    await symlink(join(root, "node_modules"), join(tree, "node_modules"));
    for (const file of innocent) await write(join(tree, file), "export const fine = 1;\n");
    for (const folder of ["web-twin/src", "k8s"]) await mkdir(join(tree, folder), { recursive: true });
  });

  afterAll(() => rm(tree, { recursive: true, force: true }));

  it("find nothing in a tree that keeps them", async () => {
    expect(await broken(tree)).toEqual([]);
  });

  it("each catch the violation planted for them", async () => {
    for (const { file, imports } of planted)
      await write(join(tree, file), `import "${imports}";\nexport const planted = 1;\n`);
    await write(
      join(tree, "edge-agent/src/flow/round.ts"),
      'import "./about.ts";\nexport const round = 1;\n',
    );
    const found = await broken(tree);
    for (const { rule, file } of planted) {
      const caught = found.some((one) => one.rule === rule && one.from === file);
      expect(`${rule}: ${caught ? "caught" : "missed"}`).toBe(`${rule}: caught`);
    }
  });
});
