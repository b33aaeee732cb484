import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { writeFieldData } from "../demo/field-data.ts";
import { done, iterate, model, type Ran, shipped } from "./release.ts";

interface Told {
  readonly iterateSeconds: number;
  readonly refused: string | null;
  readonly steps: readonly { readonly step: string; readonly seconds: number; readonly ran: boolean }[];
}

/** Machines of the field data that are kept: enough for several folds, and few enough to be quick. */
const MACHINES = 5;

let folder: string;
let first: Ran;

const told = ({ out }: Ran): Told => JSON.parse(out.trim().split("\n").at(-1) ?? "") as Told;

const from = (work: string): readonly string[] => [
  ...["--field", "field", "--base", shipped, "--registry", "registry", "--key", "release"],
  ...["--work", work, "--quick", "--json"],
];

/** A copy of the first iteration as it was when the package was made. */
async function copyBeforeEvaluation(name: string): Promise<string> {
  const work = join(folder, name);
  await cp(join(folder, "work"), work, { recursive: true });
  await rm(join(work, "package/model.sig"));
  const journal = join(work, "journal.json");
  const { base, train, quantise } = JSON.parse(await readFile(journal, "utf8")).steps;
  await writeFile(journal, JSON.stringify({ steps: { base, train, quantise } }));
  return work;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "argo-iterate-"));
  await done(model(["keygen", "--out", "release"], folder));
  const field = join(folder, "field");
  await writeFieldData(field, join(shipped, "model.int8.onnx"), "right");
  const file = join(field, "manifest.json");
  const manifest = JSON.parse(await readFile(file, "utf8"));
  const kept = Array.from({ length: MACHINES }, (_, at) => `machine-${at}`);
  const recordings = manifest.recordings.filter(({ machine }: { machine: string }) => kept.includes(machine));
  await writeFile(file, JSON.stringify({ ...manifest, recordings }));
  first = await iterate(from("work"), folder);
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("an iteration from field data to a rollout", { timeout: 300_000 }, () => {
  it("learns, measures, signs and publishes a version, and tells how long each step took", async () => {
    if (first.code !== 0) throw new Error(first.err);
    const { iterateSeconds, refused, steps } = told(first);
    expect(refused).toBe(null);
    expect(steps.map(({ step }) => step)).toEqual([
      ...["base", "train", "quantise", "evaluate", "gate", "sign", "push", "rollout"],
    ]);
    expect(steps.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(iterateSeconds, 1);
    const verify = await model(["verify", "work/package", "--key", "release.pub", "--json"], folder);
    expect(JSON.parse(verify.out)).toMatchObject({ ok: true, version: "0.1.1", sequence: 2 });
  });

  it("writes a ModelRollout of the very manifest that is in the registry", async () => {
    const args = ["show", "listener", "0.1.1", "--key", "release.pub", "--registry", "registry", "--json"];
    const { digest } = JSON.parse((await done(model(args, folder))).out);
    const rollout = parse(await readFile(join(folder, "work/rollout.yaml"), "utf8"));
    expect(rollout).toMatchObject({
      apiVersion: "stethos.io/v1alpha1",
      kind: "ModelRollout",
      metadata: { name: "listener-0-1-1" },
      spec: { model: "listener", version: "0.1.1", manifestSha256: digest },
    });
  });

  it("does nothing a second time, and says so", async () => {
    const again = await done(iterate(from("work"), folder));
    expect(told(again).steps.every(({ ran }) => !ran)).toBe(true);
  });

  it("refuses a candidate that hears worse, and leaves it unsigned", async () => {
    const work = await copyBeforeEvaluation("worse");
    // A last layer of nothing calls every window by the same name.
    const head = join(work, "package/head.bin");
    await writeFile(head, new Uint8Array((await stat(head)).size));
    await done(model(["pack", join(work, "package")], folder));
    const args = ["--work", work, "--key", "release", "--quick", "--json"];
    const ran = await model(["iterate", "evaluate", "gate", "sign", ...args], folder);
    expect(ran.err).toMatch(/FAILED {2}golden accuracy: 9\d\.\d % -> \d\d\.\d % of 84 windows/);
    expect(told(ran).refused).toContain("golden accuracy");
    expect(ran.code).toBe(3);
    await expect(stat(join(work, "package/model.sig"))).rejects.toThrow("ENOENT");
    // Nor is there a way around the gate.
    const sign = await model(["iterate", "sign", ...args], folder);
    expect(sign.err).toContain('the step "sign" stands on "gate"');
  });
});
