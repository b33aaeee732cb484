import { existsSync } from "node:fs";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { Option } from "commander";
import { createLogSinks } from "../adapters/logs/log-sinks.ts";
import { createLogger, type LogLevel } from "../adapters/node/logger.ts";
import { releaseStartMemory } from "../adapters/node/memory.ts";
import { systemRandom } from "../adapters/node/random.ts";
import { nodeName } from "../compose/sinks.ts";
import { startAgent } from "../compose.ts";
import { sinkOfUrl } from "../config/sink-url.ts";
import { readConfig } from "../config.ts";
import { describeError } from "../core/errors.ts";
import { type AddCommand, say, untilStopped } from "./io.ts";

interface Options {
  readonly config: string;
  readonly log: LogLevel;
  readonly json?: true;
  readonly sink: readonly string[];
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** The agent itself: until it is told to stop. */
export const runCommand: AddCommand = (program, context) => {
  program
    .command("run")
    .description("run the agent: read, score, watch, keep history, serve the page")
    .requiredOption("-c, --config <file>", "configuration file; SIGHUP reads it again")
    .addOption(new Option("--log <level>", "least level that is logged").choices(LEVELS).default("info"))
    .addOption(
      new Option("--sink <address>", "deliver there too; may be given more than once")
        .default([], "those of the configuration")
        .argParser((address: string, before: readonly string[]) => [...before, address]),
    )
    .option("--json", "log as JSON lines even in a terminal")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos run -c agent.yaml\n  stethos run -c agent.yaml --sink 'postgres://stethos@db.example/plant?passwordFile=secret'\n  kill -HUP $(pidof -s node)   # read agent.yaml again, keeping connections that did not change",
    )
    .action(async (options: Options) => {
      const isTerminal = context.stderr.isTTY === true && options.json !== true;
      const defaults = { ...context, sinks: options.sink.map(sinkOfUrl) };
      const config = await readConfig(options.config, defaults);
      const clock = createSystemClock();
      const plain = createLogger(options.log, isTerminal);
      const logs = createLogSinks(config.settings.logs, {
        clock,
        random: systemRandom,
        node: nodeName(config.settings.models.node),
        onTrouble: (error) => plain.warn({ err: describeError(error) }, "a place of the log is in trouble"),
      });
      const { file, loki } = config.settings.logs;
      const isCopied = file !== undefined || loki !== undefined;
      const logger = isCopied ? createLogger(options.log, isTerminal, undefined, logs) : plain;
      const agent = await startAgent(config, {
        clock,
        random: systemRandom,
        logger,
        version: context.version,
        logs: logs.figures,
        ...(existsSync(context.webRoot) && { webRoot: context.webRoot }),
      }).catch(async (thrown) => {
        await logs.close();
        throw thrown;
      });
      releaseStartMemory();
      say(context, `Stethos ${context.version} is listening. Open ${agent.address}`);
      const stop = untilStopped(context);
      const reload = async () => {
        try {
          logger.info(
            { ...agent.reload(await readConfig(options.config, defaults)) },
            "configuration read again",
          );
        } catch (thrown) {
          logger.error(
            { err: describeError(thrown) },
            "the new configuration was refused; the old one stays in force",
          );
        }
      };
      const offReload = context.onSignal("SIGHUP", () => void reload());
      await new Promise<void>((resolve) => {
        if (stop.signal.aborted) resolve();
        else stop.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      offReload();
      logger.info({}, "stopping");
      await agent.close();
      await logs.close();
      stop.dispose();
    });
};
