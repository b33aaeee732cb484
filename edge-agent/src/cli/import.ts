import { createSystemClock } from "@stethos/protocol-finger/clock";
import { systemRandom } from "../adapters/node/random.ts";
import { EdgeError } from "../core/errors.ts";
import type { Sink } from "../ports/sink.ts";
import { type ImportReport, importFiles } from "./import/import-files.ts";
import { createPrinter } from "./import/print.ts";
import { type AddCommand, type CliContext, say, untilStopped } from "./io.ts";

interface Given {
  readonly config?: string;
  readonly sink?: string;
  readonly json?: true;
  readonly allowMissing?: true;
  readonly unverified?: true;
}

/** A sink of an agent's configuration, by its name.
 *  @throws EdgeError where there is none of this name */
export type OpenSink = (config: string, sink: string, context: CliContext) => Promise<Sink>;

/** What the file sink is for: its files come out of a plant without a network, and go on from here. */
export const createImportCommand =
  (openSink: OpenSink): AddCommand =>
  (program, context) => {
    program
      .command("import")
      .description("deliver files that a file sink wrote (NDJSON or Parquet) into a sink, or print them")
      .argument("<files...>", "finished files, or folders with them; their .sha256 files beside them")
      .option("-c, --config <file>", "configuration of an agent, for --sink")
      .option("--sink <name>", "deliver into this sink of the configuration; without it rows are printed")
      .option("--allow-missing", "go on where files are missing in between: their data is left out for good")
      .option("--unverified", "take files that have no check sum")
      .option("--json", "report as JSON on stdout; only with --sink")
      .addHelpText(
        "after",
        "\nExamples:\n  stethos import /media/stick/stethos -c agent.yaml --sink plant-db\n" +
          "  stethos import *.parquet | jq -r .tag | sort | uniq -c",
      )
      .action((files: readonly string[], given: Given) => run(files, given, openSink, context));
  };

async function run(
  files: readonly string[],
  given: Given,
  openSink: OpenSink,
  context: CliContext,
): Promise<void> {
  const stop = untilStopped(context);
  const sink = await sinkOf(given, openSink, context);
  try {
    const deps = {
      clock: createSystemClock(),
      random: systemRandom,
      progress: (words: string) => say(context, words),
    };
    const options = { allowMissing: given.allowMissing ?? false, unverified: given.unverified ?? false };
    const to = sink ?? createPrinter(context.stdout);
    tell(await importFiles(files, to, options, deps, stop.signal), given, context);
  } finally {
    await sink?.close();
    stop.dispose();
  }
}

async function sinkOf(
  { config, sink, json }: Given,
  openSink: OpenSink,
  context: CliContext,
): Promise<Sink | undefined> {
  if (sink === undefined && json)
    throw new EdgeError(
      "IMPORT_FAILED",
      "--json goes with --sink, for without a sink the rows go to stdout: give --sink too, or leave --json out",
    );
  if (sink === undefined && config === undefined) return undefined;
  if (sink !== undefined && config !== undefined) return openSink(config, sink, context);
  throw new EdgeError(
    "IMPORT_FAILED",
    "-c and --sink go together: give both, to say which sink of which configuration",
  );
}

function tell(report: ImportReport, { json, sink = "standard output" }: Given, context: CliContext): void {
  if (json) context.stdout.write(`${JSON.stringify(report)}\n`);
  const { files, batches, rows, repeated, notTaken, refused, reasons } = report;
  const words = [
    `${rows} rows in ${batches} batches from ${files} files`,
    ...(repeated > 0 ? [`${repeated} batches were there twice and went once`] : []),
    ...(notTaken > 0 ? [`${notTaken} rows are of streams that the sink does not take`] : []),
    ...(refused > 0 ? [`${refused} rows were refused`] : []),
  ];
  say(context, words.join("; "));
  for (const reason of reasons) say(context, reason);
  if (refused > 0)
    throw new EdgeError(
      "IMPORT_FAILED",
      `${refused} of ${rows + refused} rows were refused by ${sink}; the rest is there. Mend what it says of them, and import ` +
        "the same files again",
    );
}
