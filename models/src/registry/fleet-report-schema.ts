import { z } from "zod";

const word = z.string().min(1).max(128);
const instant = z.iso.datetime({ offset: true });
const version = { version: z.string().min(1).max(64), digest: z.string().regex(/^[0-9a-f]{64}$/) };

const stages = [
  "verify",
  "load",
  "warm",
  "golden",
  "shadow",
  "canary",
  "full",
  "soak",
  "commit",
  "rollback",
] as const;

const reasons = [
  "accuracy-fell",
  "accuracy-rose",
  "alarms-rose",
  "by-hand",
  "disagreement-too-small",
  "errors",
  "golden-worse",
  "incompatible",
  "latency-rose",
  "memory-rose",
  "recalled",
  "refused",
  "restarted",
  "slo-broken",
  "trial-too-long",
] as const;

/** What a device tells of its models: `fleet/<node>.json` beside the registry, signed with the device's own key, replaced
 *  when something changed. Bounded in everything: it is read by a machine that reads thousands of them. */
export const fleetReportSchema = z.object({
  schemaVersion: z.literal(1),
  node: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,117}$/)
    .describe("What the device's channels and its report are called by"),
  site: word,
  agentVersion: z.string().max(64),
  sequence: z
    .int()
    .positive()
    .describe("Grows with each report of this device, also over restarts: an older one is a replay"),
  time: instant.describe("Of the device's clock"),
  model: word,
  champion: z.object({ ...version, sinceTime: instant }),
  trial: z
    .object({
      ...version,
      stage: z.enum(stages),
      stageSinceTime: instant,
      isPaused: z.boolean().describe("A person stopped it"),
      isHeld: z.boolean().describe("It is inconclusive and waits for a person"),
    })
    .optional(),
  outcomes: z
    .array(
      z.object({
        ...version,
        kind: z.enum(["inconclusive", "promoted", "rolled-back"]),
        reason: z.enum(reasons),
        time: instant,
      }),
    )
    .max(32)
    .describe("Newest first"),
  rejected: z
    .array(version.digest)
    .max(256)
    .describe("Digests that this device does not try again by itself"),
  isDegraded: z.boolean().describe("Threshold alarms only: no model is good enough to be listened to"),
  driftConfirmed: z.int().nonnegative().describe("Sensors"),
  registryFailure: z.string().max(1024).optional().describe("Why the channels gave no answer to use"),
});
