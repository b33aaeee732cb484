import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRegistry } from "../registry/create-registry.ts";
import { createFolderStore } from "../stores/folder-store.ts";
import { makePackage, testKey } from "../testing/packages.ts";
import { defaultLimits } from "./gate.ts";
import type { Iteration } from "./iteration.ts";
import { runSteps, type StepRow } from "./run-steps.ts";
import type { StepName } from "./step-names.ts";
import { openWorkFolder } from "./work-folder.ts";

const never = new AbortController().signal;
const key = testKey();
const ALL: readonly StepName[] = ["base", "train", "quantise", "evaluate", "gate", "sign", "push", "rollout"];

let root: string;
let iteration: Iteration;
/** Commands of the pipeline, in their order. */
let ran: string[];
/** Exit codes by command; 0 if not here. */
let codes: Record<string, number>;
let accuracy: number;

/** Does what the pipeline does to the folders, without learning anything. */
async function pipeline(args: readonly string[]): Promise<number> {
  const [command = ""] = args;
  ran.push(command);
  const after = (flag: string) => args[args.indexOf(flag) + 1] ?? "";
  const code = codes[command] ?? 0;
  if (code !== 0) return code;
  if (command === "head") {
    const version = after("--version");
    await makePackage({ version, head: `learnt for ${version}` }, after("--out"));
  }
  if (command === "judge")
    await writeFile(after("--out"), JSON.stringify(await reportOn(after("--candidate"), after("--current"))));
  return 0;
}

async function reportOn(candidate: string, current: string) {
  const rates = { detection: 1, falseAlarms: 0 };
  return {
    schemaVersion: 1,
    candidate: await sideOf(candidate),
    current: await sideOf(current),
    samePreprocessing: true,
    sameClasses: true,
    golden: {
      windows: 84,
      candidate: { ...rates, accuracy },
      current: { ...rates, accuracy: 0.9 },
      better: 0,
      worse: 0,
    },
    recordings: {},
    size: { int8Bytes: 25, fp32Bytes: 100 },
    latency: { sameGraph: true, candidateP50Ms: 2, currentP50Ms: 2, ratio: 1 },
  };
}

async function sideOf(folder: string) {
  const { name, version, files } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  return {
    name,
    version,
    files: Object.fromEntries(files.map((f: { path: string; sha256: string }) => [f.path, f.sha256])),
  };
}

async function run(wanted: readonly StepName[]): Promise<readonly StepRow[]> {
  const rows: StepRow[] = [];
  await runSteps(wanted, iteration, (row) => rows.push(row), never);
  return rows;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "iterate-"));
  [ran, codes, accuracy] = [[], {}, 0.95];
  const clock = createManualClock();
  const store = createFolderStore(join(root, "registry"), clock);
  const field = join(root, "field");
  await makePackage({}, join(root, "base"));
  await cp(join(root, "base"), field, { recursive: true });
  iteration = {
    options: {
      model: "listener",
      channel: "stable",
      base: join(root, "base"),
      field,
      isQuick: false,
      isLean: false,
      limits: defaultLimits,
      namespace: "stethos",
      isApplied: false,
    },
    work: openWorkFolder(join(root, "work")),
    clock,
    say: () => undefined,
    registry: () => createRegistry(store, { clock }),
    requests: () => store,
    trust: async () => key.trust,
    signer: async () => key.signer,
    pipeline,
    kubectl: async () => 0,
  };
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe("an iteration", () => {
  it("goes from field data to a published version and its rollout", async () => {
    const rows = await run(ALL);
    expect(rows.map(({ step, ran: isNew }) => [step, isNew])).toEqual(ALL.map((step) => [step, true]));
    const [published] = await iteration.registry().versions("listener", never);
    expect(published).toMatchObject({ version: "1.0.1", sequence: 2 });
    expect(await readFile(iteration.work.rollout, "utf8")).toContain(
      `manifestSha256: "${published?.digest}"`,
    );
  });

  it("does nothing twice", async () => {
    await run(ALL);
    const rows = await run(ALL);
    expect(rows.every(({ ran: isNew }) => !isNew)).toBe(true);
    expect(ran).toEqual(["head", "judge"]);
  });

  it("goes on where it broke off", async () => {
    codes = { judge: 1 };
    await expect(run(ALL)).rejects.toMatchObject({ code: "MODEL_CONTRACT" });
    codes = {};
    const rows = await run(ALL);
    expect(rows.filter(({ ran: isNew }) => !isNew).map(({ step }) => step)).toEqual([
      "base",
      "train",
      "quantise",
    ]);
    expect(ran).toEqual(["head", "judge", "judge"]);
  });

  it("learns again when there are other field data", async () => {
    await run(["base", "train"]);
    await writeFile(join(root, "field", "manifest.json"), "{}");
    await run(["base", "train"]);
    expect(ran).toEqual(["head", "head"]);
  });

  it("runs step by step as well as at one go", async () => {
    for (const step of ALL) await run([step]);
    expect(await iteration.registry().versions("listener", never)).toHaveLength(1);
  });

  it("says which step comes first", async () => {
    await expect(run(["evaluate"])).rejects.toThrow('the step "evaluate" stands on "quantise"');
  });

  it("ends where there is nothing to learn", async () => {
    codes = { head: 3 };
    await expect(run(ALL)).rejects.toMatchObject({ name: "Refused" });
  });

  it("signs nothing that the gate refuses, also when the gate is passed by", async () => {
    accuracy = 0.5;
    await expect(run(ALL)).rejects.toThrow("golden accuracy: 90.0 % -> 50.0 %");
    const { steps } = await iteration.work.journal();
    // Somebody who can write to the folder says that the gate was passed.
    const gate = { key: "0".repeat(64), seconds: 0, text: "all is well" };
    await iteration.work.setJournal({ steps: { ...steps, gate } });
    await expect(run(["sign"])).rejects.toMatchObject({ name: "Refused" });
    expect(await iteration.registry().versions("listener", never)).toEqual([]);
  });

  it("signs nothing but the package that was measured", async () => {
    await run(["base", "train", "quantise", "evaluate", "gate"]);
    await rm(iteration.work.package, { recursive: true });
    await makePackage({ version: "1.0.1", sequence: 2, head: "another" }, iteration.work.package);
    await expect(run(["sign"])).rejects.toThrow("the report is about another candidate");
  });

  it("numbers a version above all that were published", async () => {
    const other = await makePackage({ version: "1.0.1", sequence: 7, key }, join(root, "other"));
    await iteration.registry().push(other, key.trust, () => undefined, never);
    await run(ALL);
    const versions = await iteration.registry().versions("listener", never);
    expect(versions.map(({ version, sequence }) => [version, sequence])).toContainEqual(["1.0.2", 8]);
  });

  it("refuses a version that is there already", async () => {
    iteration = { ...iteration, options: { ...iteration.options, version: "1.0.0" } };
    await expect(run(["base"])).rejects.toMatchObject({ code: "USAGE" });
  });

  it("wants a channel or a package to start from", async () => {
    const { base: _, ...options } = iteration.options;
    iteration = { ...iteration, options };
    await expect(run(["base"])).rejects.toThrow("there is no channel listener/stable");
  });

  it("tells when the cluster does not take the rollout", async () => {
    iteration = {
      ...iteration,
      options: { ...iteration.options, isApplied: true },
      kubectl: async () => 1,
    };
    await expect(run(ALL)).rejects.toThrow("kubectl apply");
  });
});
