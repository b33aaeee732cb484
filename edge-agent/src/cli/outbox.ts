import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import type { Command } from "commander";
import { outbox as runningOutbox } from "../adapters/http-api/outbox-schema.ts";
import { systemRandom } from "../adapters/node/random.ts";
import { discardFrom, examineOutbox, readableBatches } from "../adapters/sqlite/outbox/inspect.ts";
import type { Discard } from "../adapters/sqlite/outbox/store-types.ts";
import { OUTBOX_FILE } from "../compose/data-plane.ts";
import { readConfig } from "../config.ts";
import { EdgeError } from "../core/errors.ts";
import { outboundLines } from "../core/outbox/outbound-lines.ts";
import { parseRfc3339, type TimeUs } from "../core/time.ts";
import { USUAL_URL } from "./agent-group.ts";
import { type AgentOptions, askAgent } from "./ask-agent.ts";
import { type AddCommand, type CliContext, say, untilStopped } from "./io.ts";
import { isSound, renderDropped, renderReport, renderRunning, reportJson } from "./outbox/report.ts";

interface Where {
  readonly config?: string;
  readonly json?: true;
}

type CheckOptions = Partial<AgentOptions> & Where;

interface DropOptions extends Where {
  readonly sink?: string;
  readonly before?: string;
  readonly all?: true;
  readonly yes?: true;
}

/** What waits on the disk for the sinks, looked at without the agent. */
export const outboxCommand: AddCommand = (program, context) => {
  const outbox = program
    .command("outbox")
    .description("look into what waits for the sinks, rescue it, or give it up")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos outbox check -c agent.yaml\n  stethos outbox export outbox.db.corrupt-2026-11-23T08-15-30 > rescued.ndjson\n" +
        "  stethos outbox drop -c agent.yaml --sink old-broker --yes",
    );
  withWhere(outbox.command("check"), "is it sound, and what waits in it? Exit code 1 where it is damaged")
    .option(
      "--url <url>",
      `where the API of the agent is that has it open (as the configuration says, else "${USUAL_URL}")`,
    )
    .option("--token-file <file>", "file that holds the agent's access token, where it has one")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos outbox check -c agent.yaml\n  stethos outbox check outbox.db --json | jq .streams",
    )
    .action((file: string | undefined, options: CheckOptions) => check(file, options, context));
  withWhere(
    outbox.command("export"),
    "every row that can be read, as JSON lines; of a damaged file what is whole",
  )
    .option("-o, --output <file>", "where to; standard output if absent")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos outbox export -c agent.yaml | jq -r .tag | sort | uniq -c\n  stethos outbox export outbox.db -o rescued.ndjson",
    )
    .action((file: string | undefined, options: Where & { readonly output?: string }) =>
      exportRows(file, options, context),
    );
  withWhere(outbox.command("drop"), "give up what waits; the sinks are told of the gap")
    .option("--sink <name>", "what this sink alone waits for; and forget the sink")
    .option("--before <time>", "what was made before, RFC 3339")
    .option("--all", "everything")
    .option("--yes", "do it: it cannot be undone")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos outbox drop -c agent.yaml --sink old-broker --yes\n  stethos outbox drop outbox.db --before 2026-11-01T00:00:00Z --yes",
    )
    .action((file: string | undefined, options: DropOptions) => drop(file, options, context));
};

const withWhere = (command: Command, description: string): Command =>
  command
    .description(description)
    .argument("[file]", "the outbox itself, or one that was set aside")
    .option("-c, --config <file>", "configuration file of the agent")
    .option("--json", "as JSON on stdout");

async function fileOf(file: string | undefined, { config }: Where, context: CliContext): Promise<string> {
  if (file !== undefined) return file;
  if (config !== undefined) return join((await readConfig(config, context)).dataFolder, OUTBOX_FILE);
  throw new EdgeError(
    "CONFIG_INVALID",
    "which outbox? Name the file, or give the agent's configuration with -c",
  );
}

async function check(given: string | undefined, options: CheckOptions, context: CliContext): Promise<void> {
  const file = await fileOf(given, options, context);
  const report = examineOutbox(file);
  if (report === undefined) {
    await askRunning(file, options, context);
    return;
  }
  context.stdout.write(options.json ? `${JSON.stringify(reportJson(report))}\n` : renderReport(report));
  if (!isSound(report)) {
    throw new EdgeError(
      "DATA_INVALID",
      `${file} is damaged; the agent will set it aside by itself, stethos outbox export reads what is whole`,
    );
  }
}

/** An agent has the file to itself: only it can tell. */
async function askRunning(file: string, options: CheckOptions, context: CliContext): Promise<void> {
  const url = options.url ?? (await urlOf(options, context));
  const stop = untilStopped(context);
  try {
    say(context, `${file} is open in an agent; this is what the one at ${url} tells`);
    const told = await askAgent({ ...options, url }, "/v1/outbox", runningOutbox, stop.signal);
    context.stdout.write(options.json ? `${JSON.stringify(told)}\n` : renderRunning(told));
  } finally {
    stop.dispose();
  }
}

/** Of the agent that has this configuration. */
async function urlOf({ config }: Where, context: CliContext): Promise<string> {
  if (config === undefined) return USUAL_URL;
  const { host, port, tls } = (await readConfig(config, context)).settings.api;
  const isAny = host === "0.0.0.0" || host === "::";
  const name = host.includes(":") ? `[${host}]` : host;
  return `${tls === undefined ? "http" : "https"}://${isAny ? "127.0.0.1" : name}:${port}`;
}

async function exportRows(
  given: string | undefined,
  options: Where & { readonly output?: string },
  context: CliContext,
): Promise<void> {
  const file = await fileOf(given, options, context);
  const out = options.output === undefined ? undefined : createWriteStream(options.output, { flags: "wx" });
  const target = out ?? context.stdout;
  const counts = { rows: 0, damaged: 0 };
  for (const batch of readableBatches(file)) {
    const { lines, refused } = batch === undefined ? { lines: [], refused: [] } : outboundLines(batch);
    if (batch === undefined) counts.damaged += 1;
    counts.rows += lines.length;
    for (const { reason } of refused) say(context, `a row has no JSON form: ${reason}`);
    const text = lines.map((line) => line.text).join("");
    if (text !== "" && !target.write(text)) await once(target, "drain");
  }
  if (out !== undefined) {
    out.end();
    await finished(out);
  }
  const { rows, damaged } = counts;
  say(
    context,
    `${rows} rows exported${damaged > 0 ? `; ${damaged} batches are damaged and were left out` : ""}`,
  );
}

async function drop(given: string | undefined, options: DropOptions, context: CliContext): Promise<void> {
  const what = whatOf(options);
  const file = await fileOf(given, options, context);
  if (options.yes !== true) {
    throw new EdgeError(
      "CONFIG_INVALID",
      `nothing was dropped from ${file}: it cannot be undone, so say --yes as well`,
    );
  }
  const nowUs = createSystemClock().nowUs();
  const dropped = discardFrom(file, what, { nowUs, seed: `${systemRandom()} ${systemRandom()}` });
  context.stdout.write(renderDropped(dropped, options.json === true));
}

function whatOf({ sink, before, all }: DropOptions): Discard {
  const wanted: Discard[] = [
    ...(sink === undefined ? [] : [{ kind: "sink" as const, sink }]),
    ...(before === undefined ? [] : [{ kind: "before" as const, timeUs: timeOf(before) }]),
    ...(all === undefined ? [] : [{ kind: "all" as const }]),
  ];
  const [what] = wanted;
  if (what !== undefined && wanted.length === 1) return what;
  throw new EdgeError("CONFIG_INVALID", "what is to be dropped? Give one of --sink, --before and --all");
}

function timeOf(text: string): TimeUs {
  const time = parseRfc3339(text);
  if (time !== undefined) return time;
  throw new EdgeError("CONFIG_INVALID", `"${text}" is no time; write it as 2026-11-01T00:00:00Z`);
}
