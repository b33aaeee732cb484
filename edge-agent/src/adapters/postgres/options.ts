import { z } from "zod";
import { STREAMS } from "../../core/outbox/outbound.ts";
import { hasPassword, parseTarget } from "./target.ts";

const tls = z.strictObject({
  caFile: z.string().min(1).optional().describe("PEM of the authority that signed the server's certificate"),
  certFile: z.string().min(1).optional().describe("PEM of this agent's own certificate"),
  keyFile: z.string().min(1).optional().describe("PEM of the key of certFile"),
});

/** What a sink of kind "postgres" reads of the configuration. */
export const postgresOptions = z
  .strictObject({
    kind: z.literal("postgres"),
    name: z.string().min(1).max(60).default("postgres").describe("Name of the sink and of its cursor"),
    url: z
      .string()
      .refine((url) => parseTarget(url) !== undefined, {
        error:
          "expected postgres://user@host:5432/database, or postgres://user@/database?host=/socket/folder",
      })
      .refine((url) => !hasPassword(url), { error: "a password does not belong here: use passwordFile" })
      .describe("Where the database is; more than one host, joined by commas, are tried in turn"),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe("File with the password; read at each new connection, so it may be replaced at any time"),
    schema: z
      .string()
      // PostgreSQL cuts longer names; pg_ is its own.
      .regex(/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/)
      .default("stethos")
      .describe("Schema that holds all tables; made where it is missing and allowed"),
    tls: tls.optional().describe("Encrypts the connection and checks the server's certificate; {} is enough"),
    retentionDays: z
      .int()
      .min(2)
      // As many partitions as days: more would make every query slow to plan.
      .max(3650)
      .default(90)
      .describe("Readings, scores and health go after this, in days; older ones are refused"),
    compressAfterDays: z
      .int()
      .min(1)
      .max(3650)
      .default(1)
      .describe("TimescaleDB compresses what is older, in days"),
    streams: z
      .array(z.enum(STREAMS))
      .min(1)
      .default([...STREAMS])
      .describe("What goes there"),
    rowsAtOnce: z
      .int()
      .min(1)
      .max(200_000)
      .default(10_000)
      .describe("Rows of one transaction; more are faster, and repeated together after a fault"),
    connectTimeoutMs: z
      .int()
      .min(100)
      .max(120_000)
      .default(10_000)
      .describe("The longest wait for a connection, in milliseconds"),
    answerTimeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe("A server that is silent for longer is taken for gone, in milliseconds"),
  })
  .refine(({ tls: own }) => (own?.certFile === undefined) === (own?.keyFile === undefined), {
    path: ["tls"],
    error: "certFile and keyFile belong together",
  });

export type PostgresOptions = z.infer<typeof postgresOptions>;
