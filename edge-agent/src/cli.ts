import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { alarmsCommand } from "./cli/alarms.ts";
import { auditCommand } from "./cli/audit.ts";
import { checkCommand } from "./cli/check.ts";
import { devicesCommand } from "./cli/devices.ts";
import { createDoctorCommand } from "./cli/doctor.ts";
import { evaluateCommand } from "./cli/evaluate.ts";
import { createImportCommand } from "./cli/import.ts";
import type { CliContext, CliIo } from "./cli/io.ts";
import { layoutCommand } from "./cli/layout.ts";
import { modelsCommand } from "./cli/models.ts";
import { outboxCommand } from "./cli/outbox.ts";
import { readCommand } from "./cli/read.ts";
import { rulesCommand } from "./cli/rules.ts";
import { runCommand } from "./cli/run.ts";
import { tagsCommand } from "./cli/tags.ts";
import { traceCommand } from "./cli/trace.ts";
import { openSink } from "./compose/open-sink.ts";
import { probeSink } from "./compose/probe-sink.ts";
import { describeError, EdgeError } from "./core/errors.ts";

const packageFile = join(import.meta.dirname, "../package.json");
const productRoot = join(import.meta.dirname, "../..");

/** The command line of the agent. Data goes to stdout, everything else to stderr.
 *  @returns the exit code: 0 done, 1 could not, 2 wrong usage */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  const context: CliContext = {
    ...io,
    version,
    modelFolder: join(productRoot, "models/artifacts/listener/0.1.0"),
    modelKeys: [join(productRoot, "models/keys/stethos.pub")],
    webRoot: join(productRoot, "web-twin/dist/app"),
  };
  const program = new Command("stethos")
    .description("Listens to machines: reads PLCs, scores vibration, raises alarms.")
    .version(version)
    .showHelpAfterError("(stethos --help shows the commands)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    });
  for (const add of [
    runCommand,
    checkCommand,
    readCommand,
    tagsCommand,
    devicesCommand,
    layoutCommand,
    alarmsCommand,
    rulesCommand,
    modelsCommand,
    outboxCommand,
    createImportCommand(openSink),
    traceCommand,
    createDoctorCommand(probeSink),
    auditCommand,
    evaluateCommand,
  ])
    add(program, context);
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (thrown) {
    // Commander has printed its own words already; help and version end this way too.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    if (thrown instanceof EdgeError) {
      io.stderr.write(`${describeError(thrown)}\n`);
      return 1;
    }
    throw thrown;
  }
}
