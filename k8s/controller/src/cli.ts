import { readFileSync } from "node:fs";
import { ModelError } from "@stethos/models";
import { isStop, type Streams, say, untilStopped } from "@stethos/protocol-finger/terminal";
import { Command, CommanderError } from "commander";
import { checkCommand } from "./cli/check.ts";
import { type CliContext, NotWellError } from "./cli/io.ts";
import { runCommand } from "./cli/run.ts";
import { describeError } from "./compose/describe-error.ts";
import { UsageError } from "./config.ts";
import { ClusterError } from "./ports/cluster.ts";
import { FleetError } from "./ports/fleet.ts";

const packageFile = new URL("../package.json", import.meta.url);

export type CliIo = Streams & Pick<CliContext, "env" | "logger">;

/** The command line. Data goes to stdout, everything else to stderr.
 *  @returns the exit code: 0 done, 1 could not be done or is not well, 2 wrong usage */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  const stop = untilStopped(io);
  const context: CliContext = { ...io, version, signal: stop.signal };
  const program = new Command("stethos-controller")
    .description("Rolls models out to a fleet of Stethos agents, in waves that stop themselves.")
    .version(version)
    .showHelpAfterError("(stethos-controller --help shows the commands)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .addHelpText("after", ABOUT);
  for (const add of [runCommand, checkCommand]) add(program, context);
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (thrown) {
    return codeOf(thrown, io);
  } finally {
    stop.dispose();
  }
}

function codeOf(thrown: unknown, io: CliIo): number {
  // Commander has printed its own words already; help and version end this way too.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  if (isStop(thrown)) {
    say(io, "stopped before it was done");
    return 1;
  }
  if (thrown instanceof UsageError) {
    say(io, describeError(thrown));
    return 2;
  }
  const isKnown = [ClusterError, FleetError, ModelError, NotWellError].some((kind) => thrown instanceof kind);
  // A port that is taken, a file that is not there.
  const isSystem = thrown instanceof Error && "syscall" in thrown;
  if (!isKnown && !isSystem) throw thrown;
  say(io, describeError(thrown));
  return 1;
}

const ABOUT = `
Environment: STETHOS_REGISTRY (instead of --registry), KUBECONFIG; S3 credentials are found as by all AWS tools.
Exit codes: 0 done, 1 could not be done or is not well, 2 wrong usage.
Data goes to standard output, everything else to standard error.`;
