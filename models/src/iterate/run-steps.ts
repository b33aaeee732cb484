import { createHash } from "node:crypto";
import { ModelError } from "../errors.ts";
import { base } from "./base.ts";
import { evaluate, quantise, train } from "./build-package.ts";
import type { Iteration, Step } from "./iteration.ts";
import { push, sign, testGate } from "./release.ts";
import { request } from "./request-step.ts";
import { rollout } from "./rollout.ts";
import { STEPS, type StepName } from "./step-names.ts";

const steps: Readonly<Record<StepName, Step>> = {
  request,
  base,
  train,
  quantise,
  evaluate,
  gate: testGate,
  sign,
  push,
  rollout,
};

export interface StepRow {
  readonly step: StepName;
  readonly seconds: number;
  /** False where it was done already. */
  readonly ran: boolean;
  readonly text: string;
}

export const describeSteps = (wanted: readonly StepName[]): readonly string[] =>
  wanted.map((name) => `${name}: ${steps[name].what}`);

/** Runs the wanted steps in their order. Each is journalled when it is done, under a key made of its inputs and of the
 *  step before it: it is skipped where nothing changed, and after an interruption the rest goes on.
 *  @param onRow told of each step, also before a later one fails
 *  @throws Refused, ModelError */
export async function runSteps(
  wanted: readonly StepName[],
  iteration: Iteration,
  onRow: (row: StepRow) => void,
  signal: AbortSignal,
): Promise<void> {
  const { work, clock, say } = iteration;
  for (const name of STEPS.filter((each) => wanted.includes(each))) {
    signal.throwIfAborted();
    const step = steps[name];
    const { steps: before } = await work.journal();
    const key = keyOf(name, await previousKey(name, before), await step.inputs(iteration, signal));
    const known = before[name];
    if (known?.key === key) {
      say(`${name}: done already, ${known.text}`);
      onRow({ step: name, seconds: known.seconds, ran: false, text: known.text });
      continue;
    }
    say(`${name}: ${step.what}`);
    const begin = clock.monotonicMs();
    const text = await step.run(iteration, signal);
    const seconds = Math.round(clock.monotonicMs() - begin) / 1000;
    await work.setJournal({ steps: { ...before, [name]: { key, seconds, text } } });
    say(`${name}: ${text} (${seconds.toFixed(1)} s)`);
    onRow({ step: name, seconds, ran: true, text });
  }
}

/** A step stands on the one before it; "base" on nothing, since not every iteration is asked for. */
async function previousKey(
  name: StepName,
  done: Readonly<Partial<Record<StepName, { readonly key: string }>>>,
): Promise<string> {
  const previous = STEPS[STEPS.indexOf(name) - 1];
  if (previous === undefined || previous === "request") return "";
  const key = done[previous]?.key;
  if (key !== undefined) return key;
  throw new ModelError("USAGE", `the step "${name}" stands on "${previous}"; run that first`);
}

const keyOf = (name: StepName, previous: string, inputs: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify([name, previous, inputs ?? null]))
    .digest("hex");
