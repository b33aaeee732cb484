import { createSystemClock } from "@stethos/protocol-finger/clock";
import { Option } from "commander";
import pino from "pino";
import { createLogger, LOG_LEVELS, type LogLevel } from "../compose/logger.ts";
import { startController } from "../compose.ts";
import type { AddCommand } from "./io.ts";
import { configOf, type GivenOptions, withControllerOptions } from "./options.ts";

type Options = GivenOptions & { readonly log: LogLevel; readonly json?: true };

/** The controller itself: until it is told to stop. */
export const runCommand: AddCommand = (program, context) => {
  withControllerOptions(program.command("run"))
    .description("roll models out: follow ModelRollouts and the devices' reports, move the devices' channels")
    .addOption(new Option("--log <level>", "least level that is logged").choices(LOG_LEVELS).default("info"))
    .option("--json", "log as JSON lines even in a terminal")
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      const { config, kubeConfig } = configOf(options, context);
      const isTerminal = context.stderr.isTTY === true && options.json !== true;
      const logger =
        context.logger ?? createLogger(options.log, isTerminal, pino.destination({ fd: 2, sync: true }));
      const { version, signal } = context;
      const controller = await startController(
        config,
        { clock: createSystemClock(), random: Math.random, logger, version, kubeConfig },
        signal,
      );
      await controller.done;
      logger.info({}, "stopped");
    });
};

const HELP = `
Several may run: one leads, the others follow and take over when its lease runs out (15 s) or is given back.
Agents go on without Kubernetes and without this controller; it only moves signed pointers in the registry.
SIGTERM ends it: what is under way is written down, then the lease is given back.

Examples:
  stethos-controller run --registry s3://models/stethos --key-file /keys/fleet --trust /keys/release.pub
  stethos-controller run --registry ./registry --key-file keys/fleet --trust keys/release.pub --kubeconfig ~/.kube/config -n plant
  curl -s http://127.0.0.1:9464/metrics | grep stethos_controller_leader`;
