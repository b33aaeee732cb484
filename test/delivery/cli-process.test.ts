import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { makePackage } from "@stethos/models/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../../models/src/main.ts", import.meta.url));
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cli-process-"));
});
afterEach(() => rm(root, { recursive: true }));

/** As a shell runs it: only data on standard output. */
function run(...args: string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
} {
  const done = spawnSync(process.execPath, [main, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, STETHOS_REGISTRY: join(root, "registry") },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

// Whole processes, on machines that may be busy.
describe("stethos-model as a process", { timeout: 120_000 }, () => {
  it("takes a package from a key to a channel", async () => {
    await makePackage({ version: "1.0.0", graph: "head.bin" }, join(root, "package"));
    const steps = [
      ["keygen", "--out", "release"],
      ["pack", "package"],
      ["sign", "package", "--key", "release"],
      ["push", "package", "--key", "release.pub"],
      ["channel", "set", "listener", "stable", "1.0.0", "--key", "release"],
    ];
    for (const step of steps) expect(run(...step)).toMatchObject({ code: 0 });
    const listed = run("list", "--key", "release.pub", "--json");
    expect(JSON.parse(listed.out)).toMatchObject({ version: "1.0.0", channels: ["stable"] });
    expect(listed.err).toBe("");
  });

  it("ends with 2 for wrong usage, 1 for what cannot be done", () => {
    expect(run("frobnicate")).toMatchObject({ code: 2, out: "" });
    expect(run("channel", "show", "listener", "stable", "--key", main)).toMatchObject({ code: 2, out: "" });
    run("keygen", "--out", "release");
    expect(run("show", "listener", "1.0.0", "--key", "release.pub")).toMatchObject({ code: 1, out: "" });
  });

  it("takes it calmly when its reader leaves", async () => {
    const child = spawn(process.execPath, [main, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const complaints = text(child.stderr);
    const [code] = await once(child, "close");
    expect([code, await complaints]).toEqual([0, ""]);
  });
});
