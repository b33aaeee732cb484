import { z } from "zod";
import { DIAGNOSIS_CODES } from "./diagnosis/diagnosis.ts";
import { type Fingerprint, NATURES, PROTOCOL_IDS } from "./fingerprint.ts";
import { WORD_ORDERS } from "./modbus/types.ts";
import type { DeviceProfile } from "./profile-types.ts";

const labels = {
  vendor: z.exactOptional(z.string()),
  family: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  orderNumber: z.exactOptional(z.string()),
  firmware: z.exactOptional(z.string()),
  serial: z.exactOptional(z.string()),
};
const anyLabels = z.object({ ...labels, nature: z.exactOptional(z.enum(NATURES)) });
const count = z.number().nonnegative();
const probe = z.enum([...PROTOCOL_IDS, "tcp", "neighbour", "traffic"]);

const base = {
  port: z.int().min(1).max(65_535),
  why: z.string(),
  connectionBudget: z.exactOptional(count),
  connectTimeoutMs: count,
  requestTimeoutMs: count,
  minGapMs: count,
  jobsInFlight: z.int().min(1),
};

/** A profile as it is kept in a file. */
export const profileSchema = z.discriminatedUnion("mode", [
  z.object({
    ...base,
    mode: z.enum(["s7-native", "s7-compat"]),
    localTsap: z.int().min(0).max(0xffff),
    remoteTsap: z.int().min(0).max(0xffff),
    pduSize: z.int().min(1),
    maxReadBytes: z.int().min(1),
    maxMergeGap: count,
  }),
  z.object({
    ...base,
    mode: z.enum(["modbus", "modbus-tunnel"]),
    unit: z.int().min(0).max(255),
    wordOrder: z.enum(WORD_ORDERS),
    addressBase: z.literal([0, 1]),
    maxRegisters: z.int().min(1),
    maxBits: z.int().min(1),
  }),
  z.object({
    ...base,
    mode: z.literal("opcua"),
    endpointUrl: z.string(),
    maxNodesPerCall: z.int().min(1),
    leastPublishingMs: count,
  }),
  z.object({ mode: z.literal("none"), why: z.string() }),
]) satisfies z.ZodType<DeviceProfile>;

/** A fingerprint as it is kept in a file. */
export const fingerprintSchema = z.object({
  ...labels,
  host: z.string(),
  mac: z.exactOptional(z.string()),
  nature: z.enum(NATURES),
  protocols: z.array(
    z.object({
      id: z.enum(PROTOCOL_IDS),
      port: z.int().min(1).max(65_535),
      state: z.enum(["speaks", "open", "closed", "filtered"]),
      hasDriver: z.boolean(),
    }),
  ),
  confidence: z.number().min(0).max(1),
  evidence: z.array(
    z.object({
      probe,
      observed: z.string(),
      bytes: z.string(),
      supports: anyLabels,
      against: z.exactOptional(anyLabels),
      weight: z.number().min(0).max(1),
      source: z.string(),
    }),
  ),
  facts: z.array(
    z.object({
      probe,
      key: z.string(),
      value: z.union([z.string(), z.number(), z.boolean()]),
      observed: z.string(),
      bytes: z.string(),
    }),
  ),
  profile: profileSchema,
  alternatives: z.array(profileSchema),
  diagnoses: z.array(z.object({ code: z.enum(DIAGNOSIS_CODES), observed: z.string() })),
  spent: z.object({ connections: count, frames: count, ms: count }),
  at: z.string(),
}) satisfies z.ZodType<Fingerprint>;
