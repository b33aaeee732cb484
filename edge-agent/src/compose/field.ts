import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "@stethos/models";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createObjectSink } from "../adapters/field-store/sink.ts";
import { createFieldStore, defaultFieldStore, type FieldStoreOnDisk } from "../adapters/field-store/store.ts";
import { asEdgeError } from "../adapters/registry/edge-error.ts";
import { openDeviceKey } from "../adapters/retraining/device-key.ts";
import { createSeal } from "../adapters/retraining/seal.ts";
import { createWebhook, type WebhookOptions } from "../adapters/retraining/webhook.ts";
import { createStateFile } from "../adapters/state-file/state-file.ts";
import type { ModelsSettings } from "../config/models-schema.ts";
import { EdgeError } from "../core/errors.ts";
import { createRequestRetraining, type RequestRetraining } from "../flow/request-retraining.ts";
import { createUploadField, defaultUploadPolicy } from "../flow/upload-field.ts";
import type { Logger } from "../ports/logger.ts";
import type { ObjectSink } from "../ports/object-sink.ts";
import type { Random } from "../ports/random.ts";

export interface Field {
  readonly store: FieldStoreOnDisk;
  readonly retraining: RequestRetraining;
  /** Uploads and asks, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

interface Deps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly site: string;
  readonly node: string;
  readonly dataFolder: string;
}

const MIB = 2 ** 20;
const HOUR_MS = 3_600_000;
const NONCE_BYTES = 16;
const MOST_ATTEMPTS = 48;
/** Of a machine that drifted, named in the request. */
const DRIFTED_FRAMES = 64;

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** What is kept of the field, and the ways that it leaves the device by: none, unless they are configured. */
export async function createField(settings: ModelsSettings, deps: Deps): Promise<Field> {
  const { clock, logger, dataFolder } = deps;
  const file = (name: string) => createStateFile(join(dataFolder, name));
  const store = await createFieldStore(
    {
      ...defaultFieldStore,
      folder: join(dataFolder, "field"),
      mostBytes: settings.field.quotaMiB * MIB,
    },
    { logger },
  );
  const { upload } = settings.field;
  const sink = upload && (await sinkOf(upload, clock));
  const uploading =
    upload &&
    sink &&
    (await createUploadField(uploadPolicy(upload, deps), {
      store,
      sink,
      sha256,
      journal: file("field-upload.json"),
      ...deps,
    }));
  const { webhook, requestHours } = settings.retraining;
  const retraining = await createRequestRetraining(
    { site: deps.site, node: deps.node, requestHours, mostAttempts: MOST_ATTEMPTS },
    {
      ...deps,
      seal: createSeal(await openDeviceKey(join(dataFolder, "device.key"))),
      webhook: webhook && createWebhook(await withToken(webhook), clock),
      sink,
      journal: file("retraining.json"),
      nonce: () => randomBytes(NONCE_BYTES).toString("hex"),
      frames: (machine, signal) => uploading?.drifted(machine, DRIFTED_FRAMES, signal) ?? Promise.resolve([]),
    },
  );
  return {
    store,
    retraining,
    async run(signal) {
      await Promise.all([uploading?.run(signal), retraining.run(signal)]);
    },
  };
}

type WebhookSettings = NonNullable<ModelsSettings["retraining"]["webhook"]>;

async function withToken({ tokenFile, ...webhook }: WebhookSettings): Promise<WebhookOptions> {
  if (tokenFile === undefined) return webhook;
  try {
    return { ...webhook, token: (await readFile(tokenFile, "utf8")).trim() };
  } catch (cause) {
    throw new EdgeError(
      "CONFIG_INVALID",
      `${tokenFile} cannot be read; check models.retraining.webhook.tokenFile and the file's permissions`,
      { cause },
    );
  }
}

type Upload = NonNullable<ModelsSettings["field"]["upload"]>;

const sinkOf = ({ url, s3 = {} }: Upload, clock: Clock): Promise<ObjectSink> =>
  asEdgeError(async () => createObjectSink(openStore(url, s3, clock)));

function uploadPolicy(upload: Upload, { site, node }: Deps) {
  return {
    ...defaultUploadPolicy,
    site,
    node,
    dayBytes: upload.dayMiB * MIB,
    bytesPerSecond: upload.bytesPerSecond,
    everyMs: upload.everySeconds * 1000,
    unlabelledAfterMs: upload.unlabelledAfterHours * HOUR_MS,
  } satisfies Parameters<typeof createUploadField>[0];
}
