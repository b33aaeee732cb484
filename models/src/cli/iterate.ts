import { columns, put, putJson, say } from "@stethos/protocol-finger/terminal";
import { type Command, InvalidArgumentError } from "commander";
import { ModelError } from "../errors.ts";
import { defaultLimits } from "../iterate/gate.ts";
import { type IterationOptions, Refused } from "../iterate/iteration.ts";
import { describeSteps, runSteps, type StepRow } from "../iterate/run-steps.ts";
import { STEPS, type StepName } from "../iterate/step-names.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { type Flags, iterationDeps, iterationOptions } from "./iterate-options.ts";
import { gathered, spanMs } from "./option-values.ts";
import { withRegistryOptions } from "./registry-options.ts";

export const iterateCommand: AddCommand = (program, context) => {
  const command = program
    .command("iterate")
    .description(
      "make the next version: learn, quantise, evaluate, gate, sign, push, and the rollout for a fleet",
    )
    .argument("[steps...]", `some steps only, of: ${STEPS.join(", ")}`)
    .option("--work <folder>", "where it is done, and gone on with after an interruption", "iteration")
    .option("--name <model>", "the model", "listener")
    .option("--channel <channel>", "says which version runs now", "stable")
    .option("--base <folder>", "start from this package instead of the channel's version")
    .option(
      "--field <folder>",
      "labelled field data that the last layer learns from (whole training without)",
    )
    .option("--data <folder>", "real recordings to judge with as well")
    .option("--model-version <version>", "of the result (default: the next patch version)")
    .option("--quick", "a small run, for trying things out")
    .option("--lean", "remove training data that no later step reads");
  withKeys(command);
  withLimits(command);
  withRequest(command);
  withRegistryOptions(command)
    .option("--namespace <name>", "of the ModelRollout", "stethos")
    .option("--apply", "give the ModelRollout to the cluster of kubectl")
    .option("--dry-run", "check the command line, and only say what would be done")
    .option("--json", "the time of each step as JSON")
    .addHelpText("after", HELP)
    .action((steps: string[], flags: Flags) => iterate(steps, flags, context));
};

const withKeys = (command: Command): Command =>
  command
    .option("--key <file>", "private key that signs; for the step sign alone")
    .option("--passphrase-file <file>", "its first line opens the key (or STETHOS_KEY_PASSPHRASE)")
    .option("--trust <file>", "public key whose signature counts; again for more", gathered);

const withLimits = (command: Command): Command =>
  command
    .option(
      "--golden-loss <points>",
      "accuracy on the labelled set that may be lost",
      points,
      defaultLimits.goldenLossPoints,
    )
    .option(
      "--detection-loss <points>",
      "detection on recordings that may be lost",
      points,
      defaultLimits.detectionLossPoints,
    )
    .option(
      "--false-alarm-rise <points>",
      "false alarms on recordings that may be added",
      points,
      defaultLimits.falseAlarmRisePoints,
    )
    .option("--size <percent>", "of the same network in FP32, at most", points, defaultLimits.sizePercent)
    .option(
      "--latency-rise <percent>",
      "time of one window that may be added",
      points,
      defaultLimits.latencyRisePercent,
    );

const withRequest = (command: Command): Command =>
  command
    .option("--request <file>", "a device's signed request, which is checked first")
    .option("--request-base64", "the file holds it in base64")
    .option("--request-key <key>", "the request lies in the store of requests, under this key")
    .option("--requests <where>", "store of requests and of what was seen of them (default: the registry)")
    .option("--devices <folder>", "<node>.pub of each device that may ask")
    .option("--most-age <span>", "older requests are refused", spanMs, spanMs("7d"))
    .option("--claimant <id>", "who checks: the same one may check a request twice")
    .option("--verdict-file <file>", 'gets "accepted" or "repeated"; a repeated request is no failure then');

const HELP = `
Without steps all are done in their order; each that was done with the same inputs is skipped, so the same command goes on
after an interruption. Exit codes: 0 done, 1 could not be done, 2 wrong usage, 3 looked at and refused: by the gate, since
there is nothing to learn, or since the request is not good.

Examples:
  stethos-model iterate --field field --registry ./registry --key release --work work
  stethos-model iterate --base models/artifacts/listener/0.1.0 --registry ./registry --key release
  stethos-model iterate evaluate gate --work work --data recordings`;

function points(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}(\.\d+)?$/.test(text)) return value;
  throw new InvalidArgumentError("must be a number of 0 or more");
}

async function iterate(named: readonly string[], flags: Flags, context: CliContext): Promise<void> {
  const options = iterationOptions(flags);
  const steps = wantedSteps(named, options);
  requireOptions(steps, flags, context);
  const deps = iterationDeps(flags, context);
  if (flags.dryRun) {
    for (const line of describeSteps(steps)) say(context, `would do ${line}`);
    if (flags.json) putJson(context, { dryRun: true, steps });
    return;
  }
  const rows: StepRow[] = [];
  let refusal: Refused | undefined;
  try {
    await runSteps(steps, { ...deps, options }, (row) => void rows.push(row), context.signal);
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    refusal = thrown;
  }
  tell(rows, refusal, flags, context);
}

function tell(
  rows: readonly StepRow[],
  refusal: Refused | undefined,
  flags: Flags,
  context: CliContext,
): void {
  const iterateSeconds = Math.round(rows.reduce((sum, { seconds }) => sum + seconds, 0) * 1000) / 1000;
  if (flags.json) {
    putJson(context, {
      iterateSeconds,
      refused: refusal?.message ?? null,
      steps: rows.map(({ step, seconds, ran, text }) => ({ step, seconds, ran, text })),
    });
  } else {
    const table = rows.map(({ step, seconds, ran, text }) => [
      step,
      seconds.toFixed(1),
      ran ? "" : "before",
      text,
    ]);
    put(context, columns([["STEP", "SECONDS", "DONE", ""], ...table, ["all", iterateSeconds.toFixed(1)]]));
  }
  if (refusal === undefined) return;
  say(context, `refused: ${refusal.message}`);
  context.exitWith(EXIT.refused);
}

function wantedSteps(named: readonly string[], { request }: IterationOptions): readonly StepName[] {
  const isStep = (name: string): name is StepName => STEPS.some((step) => step === name);
  const unknown = named.find((name) => !isStep(name));
  if (unknown !== undefined) {
    throw new ModelError("USAGE", `"${unknown}" is no step; there are ${STEPS.join(", ")}`);
  }
  if (named.length > 0) return STEPS.filter((step) => named.includes(step));
  return STEPS.filter((step) => step !== "request" || request !== undefined);
}

/** Said before twenty minutes of training, not after. */
function requireOptions(steps: readonly StepName[], flags: Flags, { env }: CliContext): void {
  const needs = (step: StepName, isThere: boolean, what: string): void => {
    if (steps.includes(step) && !isThere) throw new ModelError("USAGE", `the step "${step}" needs ${what}`);
  };
  const hasRegistry = (flags.registry ?? env["STETHOS_REGISTRY"] ?? "") !== "";
  const hasTrust = flags.key !== undefined || (flags.trust ?? []).length > 0;
  needs(
    "request",
    flags.request !== undefined || flags.requestKey !== undefined,
    "--request or --request-key",
  );
  needs("request", flags.devices !== undefined, "--devices");
  needs("request", hasRegistry || flags.requests !== undefined, "--requests or --registry");
  needs("base", hasRegistry, "--registry, which says what there is");
  needs("base", flags.base !== undefined || hasTrust, "--trust or --key, or a package with --base");
  needs("sign", flags.key !== undefined, "--key");
  needs("push", hasRegistry, "--registry");
  needs("push", hasTrust, "--trust or --key");
}
