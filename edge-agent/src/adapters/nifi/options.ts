import { z } from "zod";
import { STREAMS } from "../../core/outbox/outbound.ts";

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);

const path = (describe: string) => z.string().min(1).optional().describe(describe);

/** The part of the configuration that the NiFi sink reads. */
export const nifiSinkOptions = z
  .strictObject({
    url: z
      .url({
        protocol: /^https?$/,
        error: "must be an address like https://nifi.plant.example:8443/contentListener",
      })
      .refine((text) => URL.parse(text)?.username === "" && URL.parse(text)?.password === "", {
        error: "holds a user or a password: put a token into tokenFile, or use certFile and keyFile",
      })
      .describe("Address of a ListenHTTP processor, with its port and base path"),
    streams: z
      .array(z.enum(STREAMS))
      .min(1)
      .default([...STREAMS])
      .describe("What is delivered"),
    gzip: z.boolean().default(true).describe("Compresses what is sent (Content-Encoding: gzip)"),
    twoPhase: z
      .boolean()
      .default(false)
      .describe(
        "NiFi keeps each delivery until it is confirmed: fewer repeats after a lost answer. " +
          "Not behind a load balancer that sends the confirmation to another node",
      ),
    tokenFile: path("File with a bearer token and nothing else, for a proxy that asks for one"),
    caFile: path("PEM of the authority that signed the server's certificate, where it is one of your own"),
    certFile: path("PEM of this client's own certificate"),
    keyFile: path("PEM of the key of that certificate"),
    requestTimeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe("The longest wait for one answer, connection included, in milliseconds"),
    maxBodyBytes: z
      .int()
      .min(64 * 1024)
      .max(1024 * 2 ** 20)
      .default(16 * 2 ** 20)
      .describe("A batch that is longer, before it is compressed, goes out in parts, in bytes"),
  })
  .superRefine((options, context) => {
    const message = credentialProblem(options);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

export type NifiSinkOptions = z.infer<typeof nifiSinkOptions>;

interface Credentials {
  readonly url: string;
  readonly tokenFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

function credentialProblem({ url, tokenFile, certFile, keyFile }: Credentials): string | undefined {
  if ((certFile === undefined) !== (keyFile === undefined)) return "certFile and keyFile go together";
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:") return undefined;
  if (certFile !== undefined) return "certFile is of no use without https://";
  if (tokenFile !== undefined && !isThisMachine(hostname))
    return "the token would go over the network in plain text: use https://";
  return undefined;
}
