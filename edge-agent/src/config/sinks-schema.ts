import { z } from "zod";
import { fileSinkOptions } from "../adapters/file-sink/options.ts";
import { mqttSinkOptions, sparkplugSinkOptions } from "../adapters/mqtt/options.ts";
import { nifiSinkOptions } from "../adapters/nifi/options.ts";
import { postgresOptions } from "../adapters/postgres/options.ts";
import { outboxOptions } from "../adapters/sqlite/outbox/options.ts";

const name = (usual: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, "must be a name of letters, digits, dots and dashes")
    .default(usual)
    .describe("Name of the sink; its place in the outbox is kept under it");

/** Where readings, scores, health and alarms go. */
export const sink = z.discriminatedUnion("kind", [
  postgresOptions.safeExtend({ name: name("postgres") }),
  mqttSinkOptions.safeExtend({ kind: z.literal("mqtt"), name: name("mqtt") }),
  sparkplugSinkOptions.safeExtend({ kind: z.literal("sparkplug"), name: name("sparkplug") }),
  nifiSinkOptions.safeExtend({ kind: z.literal("nifi"), name: name("nifi") }),
  fileSinkOptions.safeExtend({ kind: z.literal("file"), name: name("file") }),
]);

export const outboxSettings = outboxOptions.omit({ file: true });

export type SinkFile = z.infer<typeof sink>;
