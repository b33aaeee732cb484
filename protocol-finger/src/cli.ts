import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { completionCommand } from "./cli/completion.ts";
import { describeError } from "./cli/describe-error.ts";
import { explainCommand } from "./cli/explain.ts";
import { type CliContext, type CliIo, EXIT, type ExitCode } from "./cli/io.ts";
import { listenCommand } from "./cli/listen.ts";
import { probeCommand } from "./cli/probe.ts";
import { readCommand } from "./cli/read.ts";
import { scanCommand } from "./cli/scan.ts";
import { signaturesCommand } from "./cli/signatures.ts";
import { tunnelCommand } from "./cli/tunnel.ts";
import { FingerError, type FingerErrorCode } from "./finger-error.ts";
import { isStop } from "./terminal/streams.ts";

const packageFile = new URL("../package.json", import.meta.url);

const COMMANDS = [
  probeCommand,
  scanCommand,
  explainCommand,
  readCommand,
  listenCommand,
  tunnelCommand,
  signaturesCommand,
  completionCommand,
];

/** The command line. Data goes to stdout, everything else to stderr.
 *  @returns the exit code: 0 done, 1 could not or not identified, 2 wrong usage, 3 not allowed */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  let code: ExitCode = EXIT.ok;
  const context: CliContext = {
    ...io,
    version,
    exitWith(wanted) {
      code = wanted;
    },
  };
  const program = new Command("protocol-finger")
    .description("Knows PLCs by how they answer, safely, and reads the ones that others cannot.")
    .version(version)
    .showHelpAfterError("(protocol-finger --help shows the commands)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .addHelpText("after", EXIT_CODES);
  for (const add of COMMANDS) add(program, context);
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (thrown) {
    // Commander has printed its own words already; help and version end this way too.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (isStop(thrown)) {
      io.stderr.write("stopped before it was done\n");
      return EXIT.failed;
    }
    if (!(thrown instanceof FingerError)) throw thrown;
    io.stderr.write(`${describeError(thrown)}\n`);
    return CODES[thrown.code] ?? EXIT.failed;
  }
}

const EXIT_CODES = `
Exit codes: 0 done, 1 could not be done or not identified, 2 wrong usage, 3 the allow-list does not name the device.
Data goes to standard output, everything else to standard error.`;

/** Errors that are not simply a failure. */
const CODES: Readonly<Partial<Record<FingerErrorCode, ExitCode>>> = {
  ADDRESS_INVALID: EXIT.usage,
  OPTION_INVALID: EXIT.usage,
  TARGET_NOT_ALLOWED: EXIT.notAllowed,
  WRITE_NOT_ALLOWED: EXIT.notAllowed,
};
