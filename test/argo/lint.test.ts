import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { tellMissing } from "../kube/kube-tools.ts";
import { argoLint, lint } from "./lint.ts";
import { manifestsOf } from "./manifests.ts";

const tool = await argoLint();
if (tool.kind === "missing") tellMissing("Argo's own linter", tool);

describe.runIf(tool.kind === "there")("Argo's own linter", { timeout: 120_000 }, () => {
  const program = tool.kind === "there" ? tool.path : "";
  let folder: string;
  let text: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "argo-lint-"));
    text = manifestsOf()
      .map((each) => stringify(each, { aliasDuplicateObjects: false }))
      .join("---\n");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function linted(content: string) {
    const file = join(folder, "all.yaml");
    await writeFile(file, content);
    return lint(program, file);
  }

  it("finds nothing wrong with the workflow, its schedules, event sources and sensor", async () => {
    expect(await linted(text)).toEqual({ isGood: true, words: expect.stringContaining("no linting errors") });
  });

  it.each([
    [
      "a step that takes the output of one that is not there",
      "steps.learn.outputs",
      "steps.lern.outputs",
      /lern/,
    ],
    // Argo 3.7.1 does not survive it, and says where: enough to keep it from being applied.
    [
      "a template that is not there",
      "template: learn-head",
      "template: learn-hand",
      /learn-hand|GetTemplateByName/,
    ],
    [
      "a parameter that is not there",
      "workflow.parameters.channel}}",
      "workflow.parameters.chanel}}",
      /chanel/,
    ],
    ["a schedule that is none", "30 2 * * 0", "30 25 * * 0", /25/],
    ["an unknown field of a sensor", "conditions: webhook", "conditons: webhook", /conditons/],
    ["an unknown field of an event source", "maxPayloadSize:", "maxPayloadSise:", /maxPayloadSise/],
  ])("would find %s", async (_, right, wrong, words) => {
    const bad = text.replace(right, wrong);
    expect(bad).not.toBe(text);
    const result = await linted(bad);
    expect(result.isGood).toBe(false);
    expect(result.words).toMatch(words);
  });
});
