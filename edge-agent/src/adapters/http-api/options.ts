import { z } from "zod";
import { ROLES } from "../../core/roles.ts";
import { personName } from "./schema-parts.ts";

const LEAST_TLS_AND_TOKEN = "an address that others can reach needs tls and a token";
const MOST_TOKENS = 100;

const tokenOptions = z.strictObject({
  role: z.enum(ROLES).describe("What its holder may do"),
  name: personName
    .optional()
    .describe("Of the one holder: signs that holder's commands. Leave it out where several share the token"),
  file: z.string().min(1).describe("File that holds the token, as tokenFile"),
});

/** The section "api" of the configuration file. Paths are absolute, or relative to where the agent runs. */
export const httpApiOptions = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .default("127.0.0.1")
    .describe(`Address to listen at; loopback by default, ${LEAST_TLS_AND_TOKEN}`),
  port: z.int().min(0).max(65_535).default(8642).describe("TCP port; 0 takes a free one"),
  tls: z
    .strictObject({
      certFile: z.string().min(1).describe("PEM: certificate, then its intermediates"),
      keyFile: z.string().min(1).describe("PEM: private key"),
    })
    .optional(),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "File that holds the access token of engineers, 32 random characters or more; readable by the agent alone",
    ),
  tokens: z.array(tokenOptions).max(MOST_TOKENS).default([]).describe("Further tokens, each with its role"),
  webRoot: z.string().min(1).optional().describe("Folder of the built page; no page is served without it"),
  allowedHosts: z
    .array(z.string().min(1).max(253))
    .max(100)
    .optional()
    .describe("Names, besides localhost and the address itself, under which browsers may reach the agent"),
});

/** As written in a configuration: what is left out takes its default. */
export type HttpApiOptions = z.input<typeof httpApiOptions>;
export type HttpApiSettings = z.output<typeof httpApiOptions>;
