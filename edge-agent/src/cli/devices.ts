import { LANGUAGES, type Language } from "@stethos/protocol-finger/diagnosis";
import { type Command, Option } from "commander";
import { readConfig } from "../config.ts";
import { EdgeError } from "../core/errors.ts";
import type { DeviceDto } from "../core/feed.ts";
import { devicesOfAgent } from "./devices/of-agent.ts";
import { devicesOfConfig } from "./devices/of-config.ts";
import { isReadable, renderDevices } from "./devices/table.ts";
import { type AddCommand, say, untilStopped } from "./io.ts";
import { seconds } from "./numbers.ts";

interface Options {
  readonly config?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly seconds: number;
  readonly lang: Language;
  readonly json?: true;
}

/** Who the devices are, how they are read, and what is wrong with those that cannot be. */
export const devicesCommand: AddCommand = (program, context) => {
  program
    .command("devices")
    .description("tell who the devices are, how they are read and what is wrong with those that cannot be")
    .addOption(
      new Option("-c, --config <file>", "configuration file: its devices are tried now").conflicts("url"),
    )
    .option("--url <address>", "ask a running agent instead: http://127.0.0.1:8642")
    .option("--token-file <file>", "file with the token of that agent, where it has one")
    .option("-t, --seconds <seconds>", "longest wait for the devices of a configuration", seconds, 120)
    .addOption(
      new Option("--lang <language>", "language of causes and advice").choices(LANGUAGES).default("en"),
    )
    .option("--json", "one JSON object a line")
    .addHelpText(
      "after",
      "\nThe exit code is 1 where a device cannot be read.\n\nExamples:\n  stethos devices -c agent.yaml\n  stethos devices --url http://127.0.0.1:8642 --lang zh\n  stethos devices -c agent.yaml --json | jq -r '[.name, .diagnosis.code] | @tsv'",
    )
    .action(async (options: Options, command: Command) => {
      const stop = untilStopped(context);
      try {
        const devices = await find(options, stop.signal, () =>
          command.error("error: name --config or --url"),
        );
        const text = options.json
          ? devices.map((device) => `${JSON.stringify(device)}\n`).join("")
          : renderDevices(devices);
        context.stdout.write(text);
        const unreadable = devices.filter((device) => !isReadable(device)).map(({ name }) => name);
        if (unreadable.length > 0)
          throw new EdgeError("PLC_UNREACHABLE", `cannot be read: ${unreadable.join(", ")}`);
      } finally {
        stop.dispose();
      }
    });

  async function find(
    options: Options,
    signal: AbortSignal,
    complain: () => never,
  ): Promise<readonly DeviceDto[]> {
    if (options.url !== undefined) return devicesOfAgent(options.url, options, signal);
    if (options.config === undefined) return complain();
    const config = await readConfig(options.config, context);
    const onProgress = (text: string) => say(context, text);
    const isTerminal = context.stderr.isTTY === true;
    return devicesOfConfig(config, { ...options, isTerminal, onProgress }, signal);
  }
};
