import { readFileSync } from "node:fs";
import { isStop, untilStopped } from "@stethos/protocol-finger/terminal";
import { Command, CommanderError } from "commander";
import { ModelError } from "../errors.ts";
import { channelCommand } from "./channel.ts";
import { diffCommand } from "./diff.ts";
import { gcCommand } from "./gc.ts";
import { type CliContext, type CliIo, EXIT, type ExitCode } from "./io.ts";
import { iterateCommand } from "./iterate.ts";
import { keygenCommand } from "./keygen.ts";
import { listCommand } from "./list.ts";
import { packCommand } from "./pack.ts";
import { pushCommand } from "./push.ts";
import { rollbackCommand } from "./rollback.ts";
import { showCommand } from "./show.ts";
import { signCommand } from "./sign.ts";
import { describeError } from "./text.ts";
import { verifyCommand } from "./verify.ts";

const packageFile = new URL("../../package.json", import.meta.url);

const COMMANDS = [
  keygenCommand,
  packCommand,
  signCommand,
  verifyCommand,
  pushCommand,
  listCommand,
  showCommand,
  diffCommand,
  channelCommand,
  rollbackCommand,
  gcCommand,
  iterateCommand,
];

/** The command line. Data goes to stdout, everything else to stderr.
 *  @returns the exit code: 0 done, 1 could not be done or is not good, 2 wrong usage, 3 refused by the gate of an iteration */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  const stop = untilStopped(io);
  let code: ExitCode = EXIT.ok;
  const context: CliContext = {
    ...io,
    signal: stop.signal,
    exitWith(wanted) {
      code = wanted;
    },
  };
  const program = new Command("stethos-model")
    .description("Packs, signs, publishes and checks models, and says which version a channel offers.")
    .version(version)
    .showHelpAfterError("(stethos-model --help shows the commands)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .addHelpText("after", ABOUT);
  for (const add of COMMANDS) add(program, context);
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (thrown) {
    return codeOf(thrown, io);
  } finally {
    stop.dispose();
  }
}

function codeOf(thrown: unknown, { stderr }: CliIo): ExitCode {
  // Commander has printed its own words already; help and version end this way too.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (isStop(thrown)) {
    stderr.write("stopped before it was done\n");
    return EXIT.failed;
  }
  if (!(thrown instanceof ModelError)) throw thrown;
  stderr.write(`${thrown.code}: ${describeError(thrown)}\n`);
  return thrown.code === "USAGE" ? EXIT.usage : EXIT.failed;
}

const ABOUT = `
From a trained network to a device:
  stethos-model keygen --out keys/release
  stethos-model pack models/artifacts/listener/0.2.0
  stethos-model sign models/artifacts/listener/0.2.0 --key keys/release
  stethos-model push models/artifacts/listener/0.2.0 --key keys/release.pub --registry s3://models/stethos
  stethos-model channel set listener candidate 0.2.0 --key keys/release --registry s3://models/stethos

The same in one line, with a gate before the signature:
  stethos-model iterate --field field --registry ./registry --key keys/release

Environment: STETHOS_REGISTRY (instead of --registry), STETHOS_KEY_PASSPHRASE; S3 credentials are found as by all AWS tools.
Exit codes: 0 done, 1 could not be done or is not good, 2 wrong usage, 3 refused by the gate.
Data goes to standard output, everything else to standard error.`;
