import { createSystemClock } from "@stethos/protocol-finger/clock";
import { LANGUAGES, type Language } from "@stethos/protocol-finger/diagnosis";
import { Option } from "commander";
import { z } from "zod";
import { type AgentConfig, readConfig } from "../config.ts";
import { describeError, EdgeError } from "../core/errors.ts";
import { askAgent } from "./ask-agent.ts";
import { type AskedAgent, examine } from "./doctor/examine.ts";
import type { Probe } from "./doctor/look-at-reach.ts";
import { toldOutbox } from "./doctor/look-at-stores.ts";
import { thisMachine } from "./doctor/machine.ts";
import { untilReady } from "./doctor/ready.ts";
import { findingDto, renderFindings } from "./doctor/render.ts";
import { type AddCommand, untilStopped } from "./io.ts";
import { processId, seconds } from "./numbers.ts";

interface Options {
  readonly config: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly lang: Language;
  readonly json?: true;
  readonly readyWithin?: number;
  readonly process?: number;
}

/** Asks a sink of this configuration whether it would take what is delivered.
 *  @param node what the agent is called there; its host's name if undefined
 *  @returns what it said, for a person */
export type ProbeSink = (
  sink: AgentConfig["settings"]["sinks"][number],
  node: string | undefined,
  signal: AbortSignal,
) => Promise<string>;

/** Looks at everything that an agent needs, and says what to do about what is not well. */
export const createDoctorCommand =
  (probeSink: ProbeSink): AddCommand =>
  (program, context) => {
    program
      .command("doctor")
      .description(
        "look at everything an agent needs: clock, disk, outbox, sinks, certificates, devices, model",
      )
      .requiredOption("-c, --config <file>", "configuration file of the agent")
      .option("--url <url>", "where its API is; as the configuration says if absent")
      .option("--token-file <file>", "file that holds the agent's access token, where it has one")
      .addOption(
        new Option("--lang <language>", "language of findings and advice").choices(LANGUAGES).default("en"),
      )
      .option("--json", "one JSON object a line")
      .option("--ready-within <seconds>", "wait until the agent is ready, and look at nothing", seconds)
      .option("--process <pid>", "with --ready-within: give up when this process ends", processId)
      .addHelpText(
        "after",
        "\nWith --ready-within it only waits, and says nothing: for service managers.\n\nThe exit code is 1 where something fails.\n\nExamples:\n  stethos doctor -c agent.yaml\n  stethos doctor -c agent.yaml --lang zh\n  stethos doctor -c agent.yaml --json | jq 'select(.level != \"ok\")'",
      )
      .action(async (options: Options) => {
        const stop = untilStopped(context);
        try {
          const read = await configOf(options.config, context);
          if (options.readyWithin !== undefined) {
            const { address } = agentOf(options, read.config);
            const awaited = { address, withinMs: options.readyWithin * 1000, pid: options.process };
            await untilReady(awaited, createSystemClock(), stop.signal);
            return;
          }
          const sinks = read.config?.settings.sinks ?? [];
          const patient = {
            ...read,
            agent: agentOf(options, read.config),
            probeOf(name: string): Probe | undefined {
              const sink = sinks.find((one) => one.name === name);
              return sink && ((signal) => probeSink(sink, read.config?.settings.models.node, signal));
            },
          };
          const findings = await examine(thisMachine, patient, stop.signal);
          context.stdout.write(
            options.json
              ? findings.map((one) => `${JSON.stringify(findingDto(one, options.lang))}\n`).join("")
              : renderFindings(findings, options.lang),
          );
          const failed = findings.filter(({ level }) => level === "fail").length;
          if (failed > 0)
            throw new EdgeError(
              "DOCTOR_FAILED",
              `${failed} of the ${findings.length} findings on ${options.config} are not well; each says what to do`,
            );
        } finally {
          stop.dispose();
        }
      });
  };

async function configOf(file: string, context: Parameters<AddCommand>[1]) {
  try {
    return { config: await readConfig(file, context), refusal: "" };
  } catch (thrown) {
    if (thrown instanceof EdgeError) return { config: undefined, refusal: describeError(thrown) };
    throw thrown;
  }
}

const about = z.object({ version: z.string() });

function agentOf({ url, tokenFile }: Options, config: AgentConfig | undefined): AskedAgent {
  const address = url ?? addressOf(config);
  const ask = { url: address, ...(tokenFile !== undefined && { tokenFile }) };
  return {
    address,
    version: async (signal) => (await askAgent(ask, "/v1/status", about, signal)).version,
    outbox: (signal) => askAgent(ask, "/v1/outbox", toldOutbox, signal),
  };
}

function addressOf(config: AgentConfig | undefined): string {
  if (config === undefined) return "http://127.0.0.1:8642";
  const { tls, host, port } = config.settings.api;
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${tls ? "https" : "http"}://${name}:${port}`;
}
