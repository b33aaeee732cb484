import { z } from "zod";
import { STREAMS } from "../../core/outbox/outbound.ts";
import { TOPIC_WORDS, type TopicKind, wrongTopic } from "./topic.ts";

const serverUrl = z
  .url({ protocol: /^mqtts?$/, error: "must be an address like mqtts://broker.plant.example:8883" })
  .refine((text) => URL.parse(text)?.username === "" && URL.parse(text)?.password === "", {
    error: "holds a user or a password: they go into username and passwordFile",
  });

const connection = {
  protocolVersion: z
    .enum(["auto", "5", "3.1.1"])
    .default("auto")
    .describe("Version of MQTT; auto asks for 5 and takes 3.1.1 where the server knows no other"),
  clientId: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe("Client id, never of two clients; by default stethos, the agent's and the sink's name"),
  username: z.string().min(1).optional().describe("User name"),
  passwordFile: z
    .string()
    .min(1)
    .optional()
    .describe("File with the password and nothing else; read at each connection"),
  allowPlainPassword: z
    .boolean()
    .default(false)
    .describe("Sends the password over mqtt:// beyond this machine, where anybody on the way can read it"),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe("PEM of the authority that signed the server's certificate, where it is one of your own"),
  certFile: z.string().min(1).optional().describe("PEM of this client's own certificate"),
  keyFile: z.string().min(1).optional().describe("PEM of the key of that certificate"),
  keepaliveS: z
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe("The server gives the agent up after one and a half times this silence, in seconds"),
  connectTimeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .default(10_000)
    .describe("The longest wait for a connection, in milliseconds"),
  ackTimeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .default(10_000)
    .describe("The longest wait for the server to confirm what was sent, in milliseconds"),
  maxMessageBytes: z
    .int()
    .min(1024)
    .max(256 * 1024 * 1024)
    .default(256 * 1024)
    .describe("The longest payload to send, in bytes; less where the server names a lower limit"),
};

interface Credentials {
  readonly passwordFile?: string | undefined;
  readonly username?: string | undefined;
  readonly allowPlainPassword: boolean;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);

/** What is wrong with the credentials, where something is. */
function credentialProblem(options: Credentials, urls: readonly string[]): string | undefined {
  if (options.passwordFile !== undefined && options.username === undefined) {
    return "passwordFile goes with a username (MQTT 3.1.1 knows no password without one)";
  }
  if ((options.certFile === undefined) !== (options.keyFile === undefined)) {
    return "certFile and keyFile go together";
  }
  const open = urls.find((text) => {
    const url = URL.parse(text);
    return url?.protocol === "mqtt:" && !isThisMachine(url.hostname);
  });
  if (options.passwordFile === undefined || options.allowPlainPassword || open === undefined)
    return undefined;
  return `the password would go to ${open} in plain text: use mqtts://, or set allowPlainPassword if the network is yours`;
}

function topic(kind: TopicKind, template: string, describe: string) {
  return z
    .string()
    .superRefine((text, context) => {
      const message = wrongTopic(text, kind);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .default(template)
    .describe(`${describe}; in braces: ${TOPIC_WORDS[kind].join(", ")}`);
}

const topics = z.strictObject({
  readings: topic(
    "readings",
    "stethos/{site}/{area}/{line}/{cell}/{asset}/{name}",
    "Topic of a reading where each is a message",
  ),
  batches: topic("batches", "stethos/_batches/{node}/{device}", "Topic of readings that go together"),
  scores: topic("scores", "stethos/_scores/{sensor}", "Topic of a model's scores"),
  health: topic("health", "stethos/_health/{machine}", "Topic of a machine's health"),
  alarms: topic("alarms", "stethos/_alarms/{machine}", "Topic of alarms"),
  gaps: topic("gaps", "stethos/_gaps/{node}", "Topic of what was lost on the way"),
  status: topic(
    "status",
    "stethos/_status/{node}",
    "Topic of the retained message that says whether the agent is online",
  ),
});

export const mqttSinkOptions = z
  .strictObject({
    url: serverUrl.describe("Address of the server: mqtts://host:8883, or mqtt://host:1883 without TLS"),
    ...connection,
    streams: z
      .array(z.enum(STREAMS))
      .min(1)
      .default([...STREAMS])
      .describe("What is sent"),
    mode: z
      .enum(["reading", "batch"])
      .default("reading")
      .describe("reading: each reading is a message on its own topic; batch: those of a device go together"),
    topics: topics.prefault({}).describe("Topics, as levels and words in braces"),
    inFlight: z
      .int()
      .min(1)
      .max(10_000)
      .default(500)
      .describe("Messages that may wait for their confirmation; less where the server names a lower limit"),
  })
  .superRefine((options, context) => {
    const message = credentialProblem(options, [options.url]);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

export type MqttSinkOptions = z.infer<typeof mqttSinkOptions>;

/** Sparkplug 3.0, 4.2: an id is a level of a topic. */
const sparkplugId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^+/#]+$/, "must not hold +, / or #");

export const sparkplugSinkOptions = z
  .strictObject({
    urls: z
      .array(serverUrl)
      .min(1)
      .max(8)
      .describe("Addresses of the servers; the next one is taken where one fails or has no primary host"),
    ...connection,
    groupId: sparkplugId.describe("Sparkplug's group id"),
    edgeNodeId: sparkplugId
      .optional()
      .describe("Sparkplug's edge node id, unique in the group; by default the agent's name"),
    primaryHostId: sparkplugId
      .optional()
      .describe("Births and data only go to a server where this host application is online"),
    hostWaitMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(10_000)
      .describe("How long the primary host is waited for at one server, in milliseconds"),
    rebirthMinMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(5000)
      .describe("The least time between two births that hosts ask for, in milliseconds"),
    sequences: z
      .boolean()
      .default(false)
      .describe(
        "Each value carries the count of its tag as a property, so that a host knows repeats and gaps",
      ),
  })
  .superRefine((options, context) => {
    const message = credentialProblem(options, options.urls);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

export type SparkplugSinkOptions = z.infer<typeof sparkplugSinkOptions>;

/** What both sinks say about their connection. */
export type ConnectionOptions = Pick<
  SparkplugSinkOptions,
  Exclude<keyof typeof connection, "allowPlainPassword">
>;
