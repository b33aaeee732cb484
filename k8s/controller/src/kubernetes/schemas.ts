import { z } from "zod";
import {
  type Condition,
  DEVICE_STEPS,
  type DeviceStep,
  type EdgeDevice,
  type EdgeDeviceSpec,
  type EdgeDeviceStatus,
  type ModelRollout,
  type ModelRolloutSpec,
  type ModelRolloutStatus,
  type ObjectMeta,
  PHASES,
  type PointersStatus,
  type Wave,
  type WaveStatus,
} from "../ports/resources.ts";

// What the API server answers, held against the types that the rest trusts. Fields that nobody reads, as managedFields
// (half of an object's bytes), are left behind.

/** A schema that knows every field of T: one that it forgot would be left behind, and lost with the next write. */
const fields = <T>(shape: { readonly [K in keyof T]-?: z.ZodType<T[K]> }): z.ZodType<T> =>
  // That z.object() makes T of this shape is what the parameter says; the compiler cannot follow for a T not yet known.
  z.object(shape) as unknown as z.ZodType<T>;

const count = z.number().int().min(0);
const percent = z.number().min(0).max(100);
const labels = z.record(z.string(), z.string());

// kubectl keeps the whole object in it once more.
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

const annotations = labels.transform((all): Record<string, string> => {
  const { [LAST_APPLIED]: _, ...rest } = all;
  return rest;
});

const metaSchema = fields<ObjectMeta>({
  name: z.string().min(1),
  namespace: z.string().min(1),
  uid: z.string().min(1),
  resourceVersion: z.string().min(1),
  generation: count,
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  labels: labels.optional(),
  annotations: annotations.optional(),
  finalizers: z.array(z.string()).optional(),
});

const conditionSchema = fields<Condition>({
  type: z.enum(["Degraded", "Inconclusive", "Progressing", "Ready"]),
  status: z.enum(["False", "True", "Unknown"]),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: count,
});

const waveSchema = fields<Wave>({
  devices: count.optional(),
  percent: percent.optional(),
  successPercent: percent,
  errorPercent: percent,
  leastErrors: count,
  soakMinutes: z.number().min(0),
});

const rolloutSpecSchema = fields<ModelRolloutSpec>({
  model: z.string(),
  version: z.string(),
  manifestSha256: z.string(),
  selector: z.object({ matchLabels: labels.optional() }).optional(),
  waves: z.array(waveSchema),
  paused: z.boolean(),
  onFailure: z.enum(["RollBackAll", "RollBackWave", "Halt"]),
  deviceTimeoutMinutes: z.number().min(0),
  pointerDays: z.number().min(0),
});

const waveStatusSchema = fields<WaveStatus>({
  devices: count,
  succeeded: count,
  failed: count,
  startedTime: z.string().optional(),
  succeededTime: z.string().optional(),
  failedTime: z.string().optional(),
});

const pointersSchema = fields<PointersStatus>({
  checkedTime: z.string(),
  signedTime: z.string().optional(),
  validUntilTime: z.string().optional(),
});

const rolloutStatusSchema = fields<ModelRolloutStatus>({
  observedGeneration: count,
  phase: z.enum(PHASES),
  wave: count,
  waves: z.array(waveStatusSchema),
  devices: count,
  updated: count,
  failed: count,
  rolledBack: count,
  failedDevices: z.array(z.string()),
  message: z.string(),
  startedTime: z.string().optional(),
  finishedTime: z.string().optional(),
  pointers: pointersSchema.optional(),
  conditions: z.array(conditionSchema),
});

const stepSchema = fields<DeviceStep>({
  name: z.string(),
  uid: z.string(),
  wave: count,
  step: z.enum(DEVICE_STEPS),
  reason: z.string().optional(),
  previous: z.object({ version: z.string(), digest: z.string() }),
  sinceTime: z.string(),
  reportSequence: count,
});

const deviceSpecSchema = fields<EdgeDeviceSpec>({
  node: z.string().optional(),
  publicKey: z.string().optional(),
  isHeld: z.boolean(),
});

const deviceStatusSchema = fields<EdgeDeviceStatus>({
  version: z.string().optional(),
  digest: z.string().optional(),
  stage: z.string().optional(),
  site: z.string().optional(),
  agentVersion: z.string().optional(),
  keyId: z.string().optional(),
  reportSequence: count.optional(),
  reportedTime: z.string().optional(),
  rollout: stepSchema.optional(),
});

export const rolloutSchema: z.ZodType<ModelRollout> = fields<ModelRollout>({
  metadata: metaSchema,
  spec: rolloutSpecSchema,
  status: rolloutStatusSchema.optional(),
});

export const deviceSchema: z.ZodType<EdgeDevice> = fields<EdgeDevice>({
  metadata: metaSchema,
  spec: deviceSpecSchema,
  status: deviceStatusSchema.optional(),
});

/** What even an object has that does not parse. */
export const nameSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string().optional(),
    resourceVersion: z.string(),
  }),
});

export const bookmarkSchema = z.object({ metadata: z.object({ resourceVersion: z.string().min(1) }) });

export const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()),
});
