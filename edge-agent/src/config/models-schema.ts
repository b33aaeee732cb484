import { z } from "zod";
import { registryOptions, s3Place } from "../adapters/registry/options.ts";
import { checkDriftPolicy, defaultDriftPolicy } from "../core/drift/drift-policy.ts";
import { defaultGatePolicy } from "../core/gate/gate-policy.ts";
import { defaultObjectivePolicy } from "../core/objective.ts";
import { defaultRolloutPolicy } from "../core/rollout/rollout-policy.ts";
import { policy } from "./policy.ts";

const count = z.int().min(1);
const share = z.number().gt(0).lt(1);
const channel = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "must be letters, digits, dots and dashes");
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be letters, digits, dots and dashes");

const gate = policy(
  {
    alpha: z.number().gt(0).max(0.2),
    gainPoints: z.number().min(0).max(100),
    blockSeconds: z.number().min(0),
    regimeShare: share,
    alarmBlockSeconds: z.number().min(0),
    mostRegimes: count,
    mostDisagreements: count,
    latencyMostPercent: z.number().positive(),
    warmUpFrames: z.int().min(0),
    latencyBatchFrames: count,
    errorsMostPercent: z.number().positive(),
    leastErrors: count,
    alarmsMostRatio: z.number().min(1),
    memoryMostMib: z.number().positive(),
    goldenTolerance: z.int().min(0),
  },
  defaultGatePolicy,
);

const trialPolicy = policy(
  {
    gate,
    shadowShare: z.number().gt(0).max(1),
    canaryShares: z
      .array(share)
      .min(1)
      .refine(
        (shares) => shares.every((one, i) => one > (shares[i - 1] ?? 0)),
        "must grow from step to step",
      ),
    canaryHears: z.number().gt(0).max(1),
    shadowFrames: count,
    canaryFrames: count,
    mostFrames: count,
    mostHours: z.number().positive(),
    soakMinutes: z.number().min(0),
    guardHours: z.number().min(0),
    onCrash: z.enum(["fall-back", "resume"]),
    mostCrashes: z.int().min(0),
  },
  defaultRolloutPolicy,
);

const rollout = trialPolicy.refine(
  ({ canaryHears, canaryShares }) => canaryShares.every((one) => one <= canaryHears),
  {
    path: ["canaryHears"],
    error: "must be at least every one of canaryShares: who acts on a frame has heard it",
  },
);

const drift = policy(
  {
    leastGapMs: z.int().min(0),
    referenceWindows: z.int().min(20),
    blockWindows: z.int().min(2),
    expectedRunBlocks: z.number().gt(1),
    warningsInARow: count,
    quietBlocks: count,
    wander: z.number().min(0),
    standstillShare: share,
    mostRegimes: count,
  },
  defaultDriftPolicy,
).superRefine((given, context) => {
  try {
    checkDriftPolicy(given);
  } catch (thrown) {
    context.addIssue({ code: "custom", message: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});

const upload = z.strictObject({
  url: z.string().min(1).describe('A folder, or "s3://bucket/prefix": where kept frames and requests go'),
  s3: s3Place.optional(),
  dayMiB: z.number().positive().default(20).describe("The most that is sent in a day"),
  bytesPerSecond: z.int().min(1000).default(8192),
  everySeconds: z.number().positive().default(900),
  unlabelledAfterHours: z
    .number()
    .min(0)
    .default(24)
    .describe("Who might still be labelled waits so long; what is labelled goes at once"),
});

const field = z.strictObject({
  quotaMiB: z.number().min(1).default(256).describe("The most that kept frames may take of the disk"),
  randomShare: z.number().min(0).max(1).default(0.001).describe("Of all windows, kept as a sample"),
  upload: upload.optional().describe("Nothing leaves the device without it"),
});

const retraining = z.strictObject({
  webhook: z
    .strictObject({
      url: z.string().min(1).describe("https, or http to this machine"),
      timeoutMs: z.int().min(100).max(60_000).default(10_000),
      allowPlainHttp: z.boolean().default(false),
      tokenFile: z.string().min(1).optional().describe("File with a bearer token"),
    })
    .optional(),
  requestHours: z.number().positive().default(24).describe("At most one request in so many hours"),
});

const fleet = z.strictObject({
  perDeviceChannels: z
    .boolean()
    .default(true)
    .describe(
      'Follows "candidate.<node>" and "stable.<node>", which a rollout controller points for this device',
    ),
  report: z
    .strictObject({
      url: z
        .string()
        .min(1)
        .optional()
        .describe('A folder, or "s3://bucket/prefix", to report to; the registry\'s own if absent'),
      s3: s3Place.optional(),
      everySeconds: z.number().min(1).max(86_400).default(300).describe("A sign of life at least so often"),
      leastGapSeconds: z
        .number()
        .min(0.1)
        .max(3600)
        .default(5)
        .describe("From one report to the next; what changes meanwhile is told by the next"),
    })
    .prefault({}),
});

/** Where models come from, when they are tried and what is kept of the field. Every default is explained where its policy
 *  is defined: core/rollout/rollout-policy.ts, core/gate/gate-policy.ts, core/drift/drift-policy.ts, core/objective.ts. */
const settings = z.strictObject({
  name: word.default("listener").describe("The model that is followed"),
  node: word
    .optional()
    .describe(
      "Name of this device in requests, data sets and fleets; STETHOS_NODE or the host's name if absent",
    ),
  registry: registryOptions.optional(),
  fleet: fleet.optional().describe("This device is one of many that a rollout controller leads"),
  candidateChannel: channel.optional().describe('"candidate" if absent; in a fleet "candidate.<node>"'),
  stableChannel: channel
    .optional()
    .describe(
      '"stable" if absent, in a fleet "stable.<node>"; a signed return to an older version is followed at once',
    ),
  pollSeconds: z.number().positive().default(300),
  startOn: z
    .enum(["drift", "published", "both"])
    .optional()
    .describe('What makes a trial begin by itself; "drift" if absent, in a fleet "both"'),
  rollout: rollout.prefault({}),
  objective: policy(
    {
      mostPercent: z.number().positive().max(100),
      windowMinutes: z.int().min(1).max(360),
      leastErrors: count,
    },
    defaultObjectivePolicy,
  ).prefault({}),
  drift: drift.prefault({}),
  field: field.prefault({}),
  retraining: retraining.prefault({}),
});

export const modelsSettings = settings.superRefine(({ fleet: led, registry, ...given }, context) => {
  if (led === undefined) return;
  const refuse = (path: readonly string[], message: string) =>
    context.addIssue({ code: "custom", path: [...path], message });
  if (registry?.url === undefined) {
    refuse(["fleet"], "needs a registry that this device follows: name models.registry.url");
  }
  const { url, s3 } = led.report;
  if (s3 !== undefined && url?.startsWith("s3://") !== true) {
    refuse(["fleet", "report", "s3"], 'goes with a url that begins with "s3://"');
  }
  // Two words for one channel: a device that listens to another than its controller points would silently miss its rollouts.
  for (const key of ["candidateChannel", "stableChannel"] as const) {
    if (given[key] === undefined || !led.perDeviceChannels) continue;
    refuse(
      [key],
      "in a fleet the device's own channel is followed: leave it out, or set fleet.perDeviceChannels to false",
    );
  }
});

export type ModelsSettings = z.infer<typeof modelsSettings>;
