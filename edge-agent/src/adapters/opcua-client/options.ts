import { z } from "zod";

/** Only policies that are not deprecated (OPC 10000-7): Basic128Rsa15 and Basic256 rest on SHA-1. Strongest first. */
export const SECURITY_POLICIES = ["Aes256_Sha256_RsaPss", "Aes128_Sha256_RsaOaep", "Basic256Sha256"] as const;

const ms = (least: number, most: number) => z.int().min(least).max(most);

/** All but the address. */
const settings = {
  securityMode: z
    .enum(["None", "Sign", "SignAndEncrypt"])
    .default("SignAndEncrypt")
    .describe("None only by name: it neither hides nor protects what is sent"),
  securityPolicy: z
    .enum(["best", ...SECURITY_POLICIES])
    .default("best")
    .describe("best: the strongest that the server offers"),
  user: z.string().min(1).optional().describe("Name of the user; anonymous if absent"),
  passwordFile: z.string().min(1).optional().describe("File whose first line is the password"),
  passwordEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable")
    .optional()
    .describe("Environment variable that holds the password"),
  certificateFolder: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Certificate store: own/, trusted/, rejected/, issuers/; made on first use, in the data folder if absent; not used with None",
    ),
  trustServer: z
    .enum(["listed", "first-use"])
    .default("listed")
    .describe(
      "listed: only certificates in trusted/certs; first-use: the first one this endpoint shows, and no other later",
    ),
  applicationUri: z
    .string()
    .regex(/^urn:\S+$/, 'must begin with "urn:"')
    .max(255)
    .optional()
    .describe("Who this agent is to the server; stands in its certificate; urn:<computer>:stethos if absent"),
  rewriteHost: z
    .boolean()
    .default(true)
    .describe("Dial the host written above although the server calls itself otherwise"),
  publishingIntervalMs: ms(10, 86_400_000)
    .optional()
    .describe("How often the server sends; the period of the scan group if absent"),
  samplingIntervalMs: ms(0, 86_400_000)
    .optional()
    .describe("How often the server looks at a value; the period of the scan group if absent"),
  queueSize: z
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe("Values of one tag that the server keeps between two sendings; the oldest goes first"),
  keepAliveMs: ms(500, 600_000)
    .default(5000)
    .describe("A subscription without changes says at least this often that it lives"),
  heartbeatMs: ms(100, 600_000).default(10_000).describe("How often the server's state is read"),
  maxItemsPerCall: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("The most items of one request; learnt from the server if absent"),
  connectTimeoutMs: ms(100, 120_000).default(10_000).describe("The longest wait for a session"),
  requestTimeoutMs: ms(100, 120_000).default(5000).describe("The longest wait for one answer"),
};

type Settings = z.infer<z.ZodObject<typeof settings>>;

function complainOf(options: Settings, context: z.RefinementCtx): void {
  const complain = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  const passwords = [options.passwordFile, options.passwordEnv].filter((one) => one !== undefined).length;
  if (options.securityMode === "None" && options.securityPolicy !== "best")
    complain("securityPolicy", "has no meaning with securityMode None; remove one of them");
  if (passwords === 2) complain("passwordEnv", "stands beside passwordFile; keep one of them");
  if (options.user !== undefined && passwords === 0)
    complain("user", "has no password; add passwordFile or passwordEnv");
  if (options.user === undefined && passwords > 0) complain("user", "is missing beside the password");
}

export const opcuaOptions = z
  .strictObject({
    endpoint: z
      .string()
      .regex(
        /^opc\.tcp:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/[^\s?#]*)?$/,
        'must be "opc.tcp://host:port/path", without user or password',
      )
      .refine((url) => portOf(url) <= 65_535, "has a port above 65535")
      .describe("Address of the server: opc.tcp://host:4840/path"),
    ...settings,
  })
  .superRefine(complainOf);

/** For a server whose address is found out. */
export const opcuaSettings = z.strictObject(settings).superRefine(complainOf);

export type OpcuaSettings = z.infer<typeof opcuaSettings>;

/** The options with everything named that the schema leaves to its surroundings. */
export type OpcuaOptions = z.infer<typeof opcuaOptions> & { readonly certificateFolder: string };

function portOf(url: string): number {
  return Number(/:(\d+)(?:\/|$)/.exec(url.slice("opc.tcp://".length))?.[1] ?? 4840);
}
