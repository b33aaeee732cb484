import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ModelError } from "../errors.ts";
import { sha256OfBytes } from "../package/package-folder.ts";
import { readTrust } from "../package/trust.ts";
import type { ObjectStore } from "../registry/object-store.ts";
import { readSmall } from "../registry/small-object.ts";
import { signerOf } from "../signing/dsse.ts";

/** As the agent's seal writes it: DSSE v1.0 around the payload of schemas/retraining-request.schema.json. */
const REQUEST_TYPE = "application/vnd.stethos.retraining-request+json";
const envelopeSchema = z.object({
  payloadType: z.literal(REQUEST_TYPE),
  payload: z.base64().min(1),
  signatures: z
    .array(z.object({ sig: z.base64().min(1) }))
    .min(1)
    .max(8),
});

/** What an iteration makes use of; the schema says what else there is. */
const requestSchema = z.looseObject({
  schemaVersion: z.literal(1),
  id: z.string().regex(/^[0-9TZ]+-[0-9a-f]{8}$/),
  site: z.string().min(1),
  // Names a key file; nothing in it may climb out of the folder.
  node: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/),
  time: z.iso.datetime(),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  model: z.looseObject({ name: z.string(), version: z.string(), digest: z.string() }),
});

type RetrainingRequest = z.output<typeof requestSchema>;

interface RequestRules {
  /** Holds `<node>.pub` of each device that may ask. */
  readonly devices: string;
  readonly model: string;
  readonly mostAgeMs: number;
  /** Of whoever checks: the same one may check twice, as a step that is repeated does. */
  readonly claimant: string;
}

/** "repeated": the very same request was accepted before. */
export interface CheckedRequest {
  readonly verdict: "accepted" | "repeated";
  readonly request: RetrainingRequest;
}

// Verdicts of a few dozen sensors stay far below.
const MOST_REQUEST_BYTES = 1 << 20;
/** Clocks of devices differ. */
const MOST_AHEAD_MS = 5 * 60_000;

/** Checks who asked, what for and when, and remembers the nonce in the store: of many at once, one is accepted.
 *  @throws ModelError MODEL_CONTRACT, MODEL_UNSIGNED, MODEL_EXPIRED, MODEL_TAMPERED, and of the store */
export async function checkRequest(
  envelope: Uint8Array,
  rules: RequestRules,
  store: ObjectStore,
  nowMs: number,
  signal: AbortSignal,
): Promise<CheckedRequest> {
  const { payload, signatures } = parseEnvelope(envelope);
  // Read before it is trusted, for the one thing that says which key it must be signed with.
  const request = parseRequest(payload);
  const trust = await readTrust([await keyOf(request.node, rules.devices)]);
  signerOf(REQUEST_TYPE, payload, signatures, trust, `request ${request.id} of ${request.node}`);
  if (request.model.name !== rules.model) {
    throw new ModelError(
      "MODEL_CONTRACT",
      `request ${request.id} is about ${request.model.name}, not ${rules.model}`,
    );
  }
  checkTime(request, rules.mostAgeMs, nowMs);
  const verdict = await claim(request, sha256OfBytes(payload), rules.claimant, store, signal);
  return { verdict, request };
}

function parseEnvelope(bytes: Uint8Array) {
  if (bytes.length > MOST_REQUEST_BYTES) throw malformed(`it has ${bytes.length} bytes`);
  const { payload, signatures } = parsed(envelopeSchema, bytes);
  return {
    payload: Buffer.from(payload, "base64"),
    signatures: signatures.map(({ sig }) => Buffer.from(sig, "base64")),
  };
}

const parseRequest = (payload: Uint8Array): RetrainingRequest => parsed(requestSchema, payload);

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw malformed(cause instanceof z.ZodError ? z.prettifyError(cause) : "it is no JSON", cause);
  }
}

const malformed = (why: string, cause?: unknown): ModelError =>
  new ModelError("MODEL_CONTRACT", `this is no retraining request: ${why}`, { cause });

/** A device signs in its own name only: its key is found by the name. */
async function keyOf(node: string, devices: string): Promise<string> {
  const name = `${node}.pub`;
  if ((await readdir(devices).catch(noFolder(devices))).includes(name)) return join(devices, name);
  throw new ModelError(
    "MODEL_UNSIGNED",
    `${devices} has no ${name}: put the public key of that device there if it may ask`,
  );
}

const noFolder =
  (devices: string) =>
  (cause: unknown): never => {
    throw new ModelError("USAGE", `the folder of the devices' keys ${devices} cannot be read`, { cause });
  };

function checkTime({ id, time }: RetrainingRequest, mostAgeMs: number, nowMs: number): void {
  const ageMs = nowMs - Date.parse(time);
  if (ageMs <= mostAgeMs && ageMs >= -MOST_AHEAD_MS) return;
  const now = new Date(nowMs).toISOString();
  throw new ModelError(
    "MODEL_EXPIRED",
    `request ${id} is of ${time} and it is ${now}: too old, or too early`,
  );
}

/** The nonce becomes an object that can be made once. */
async function claim(
  { nonce, node }: RetrainingRequest,
  sha256: string,
  claimant: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<CheckedRequest["verdict"]> {
  if (!(await store.conditions(signal)).ifAbsent) {
    throw new ModelError(
      "REGISTRY_REFUSED",
      `${store.name} honours no If-None-Match, so that it cannot remember who was first; use another store for requests`,
    );
  }
  const key = `requests-seen/${node}/${nonce}.json`;
  const mark = { sha256, claimant };
  const body = Buffer.from(JSON.stringify(mark));
  if ((await store.put(key, body, { ifAbsent: true }, signal)) === "written") return "accepted";
  const there = await readSmall(store, key, signal);
  const before = markSchema.safeParse(there === undefined ? undefined : safeJson(there.bytes));
  if (before.success && before.data.sha256 === sha256) {
    return before.data.claimant === claimant ? "accepted" : "repeated";
  }
  throw new ModelError("MODEL_TAMPERED", `the nonce of this request of ${node} was used by another one`);
}

const markSchema = z.object({ sha256: z.string(), claimant: z.string() });

function safeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // Not one of our marks: judged by the schema.
    return undefined;
  }
}

/** @throws ModelError MODEL_MISSING */
export async function readRequest(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ModelError("MODEL_MISSING", `the request ${file} cannot be read`, { cause });
  }
}
