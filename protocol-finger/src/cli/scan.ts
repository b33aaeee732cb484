import type { AllowList } from "../allow-list.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { profileText } from "../explain-profile.ts";
import type { Fingerprint } from "../fingerprint.ts";
import { counted, percent, protocolsText, surenessOf, titleOf } from "../fingerprint-text.ts";
import { expandHosts } from "../host-range.ts";
import { type ScanProgress, type ScanResult, scan } from "../scan.ts";
import { openScanJournal, type ScanJournal } from "../scan-journal.ts";
import { columns } from "../terminal/columns.ts";
import { put, putJson, say, untilStopped } from "../terminal/streams.ts";
import { allowListOf } from "./allow-option.ts";
import { addExaminationOptions, type ExaminationOptions, openExaminer } from "./examiner.ts";
import { hostOf } from "./host.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { countUpTo, gathered } from "./option-values.ts";
import { createProgressLine } from "./progress-line.ts";

interface Options extends ExaminationOptions {
  readonly allow: readonly string[];
  readonly sideBySide: number;
  readonly resume?: string;
  readonly json?: true;
}

// More do not make it faster on two cores, and a switch of 2008 has a table of so many open flows to learn.
const MOST_SIDE_BY_SIDE = 256;

/** A host that refuses everything is not asked for every protocol there is: in a network most hosts are of that kind,
 *  and each attempt is a second. */
const SCAN_BUDGET = { attempts: 4 } as const;

export const scanCommand: AddCommand = (program, context) => {
  const command = program
    .command("scan")
    .description("find out what the devices of a network are, each by one connection at a time")
    .argument("<network...>", "10.0.0.0/24, 10.0.0.5-10.0.0.9, addresses or names")
    .requiredOption(
      "--allow <list>",
      "allow-list: a file, address, network or range; again for another",
      gathered,
    )
    .option("--side-by-side <hosts>", "hosts examined at once", countUpTo(MOST_SIDE_BY_SIDE), 32)
    .option("--resume <file>", "journal: keeps each result as it comes, and takes up a scan that was cut off")
    .option("--json", "one result a line as JSON, as they come");
  addExaminationOptions(command).addHelpText("after", HELP);
  command.action(async (networks: readonly string[], options: Options) => {
    const hosts = expandHosts(networks).map(hostOf);
    const allow = allowListOf(options.allow);
    const journal = options.resume === undefined ? undefined : await openScanJournal(options.resume);
    try {
      await run(hosts, allow, options, journal, context);
    } finally {
      await journal?.close();
    }
  });
};

const HELP = `
Hosts that the allow-list does not name are sent nothing and are listed as refused (exit code 3 where it names none of
them). Ctrl-C ends the scan; with --resume it goes on where it ended.

Examples:
  protocol-finger scan 10.0.0.0/24 --allow plant.txt --resume plant.ndjson
  protocol-finger scan 10.0.0.1-10.0.0.20 --allow 10.0.0.0/28 --json | jq -r 'select(.kind == "found") | .host'`;

async function run(
  hosts: readonly string[],
  allow: AllowList,
  options: Options,
  journal: ScanJournal | undefined,
  context: CliContext,
): Promise<void> {
  const known = hosts.flatMap((host) => journal?.known.get(host) ?? []);
  const left = hosts.filter((host) => !journal?.known.has(host));
  if (known.length > 0)
    say(context, `${counted(known.length, "result")} of earlier runs in ${options.resume}`);
  const results: ScanResult[] = [...known];
  if (options.json) for (const result of known) putJson(context, result);

  const stop = untilStopped(context);
  const examiner = await openExaminer(options, allow, context, SCAN_BUDGET);
  const line = createProgressLine(context, createSystemClock());
  try {
    if (left.length > 0) line.show(`0 of ${counted(left.length, "host")}`, false);
    const end = await scan(
      { hosts: left, sideBySide: options.sideBySide },
      {
        clock: createSystemClock(),
        examine: (host, signal) => examiner.examine(host, () => undefined, signal),
        async onResult(result) {
          await journal?.append(result);
          results.push(result);
          if (options.json) putJson(context, result);
        },
        onProgress: (progress) => line.show(progressText(progress), progress.done === progress.total),
      },
      stop.signal,
    );
    line.end();
    report(results, hosts, end, options, context);
  } finally {
    line.end();
    stop.dispose();
    await examiner.close();
  }
}

function report(
  results: readonly ScanResult[],
  hosts: readonly string[],
  end: ScanProgress,
  { json, resume }: Options,
  context: CliContext,
): void {
  const place = new Map(hosts.map((host, i) => [host, i]));
  const sorted = [...results].sort((a, b) => (place.get(a.host) ?? 0) - (place.get(b.host) ?? 0));
  if (!json) {
    const rows = sorted.flatMap((result) => (result.kind === "found" ? [rowOf(result.fingerprint)] : []));
    if (rows.length > 0) put(context, columns([["HOST", "DEVICE", "SURE", "SPEAKS", "TREAT IT"], ...rows]));
  }
  const count = (kind: ScanResult["kind"]) => sorted.filter((result) => result.kind === kind).length;
  say(context, COUNTED.map((kind) => `${count(kind)} ${kind}`).join(", "));
  for (const result of sorted) {
    if (result.kind === "failed") say(context, `${result.host} could not be examined: ${result.message}`);
  }
  sayRefused(sorted, context);
  if (end.done < end.total) {
    const more =
      resume === undefined ? "" : `; run the same command again to go on, ${resume} has what was found`;
    say(context, `ended early: ${counted(end.total - end.done, "host")} left unexamined${more}`);
    context.exitWith(EXIT.failed);
  } else if (count("refused") === hosts.length) context.exitWith(EXIT.notAllowed);
  else if (count("failed") > 0) context.exitWith(EXIT.failed);
}

const COUNTED: readonly ScanResult["kind"][] = ["found", "closed", "silent", "failed", "refused"];
const MOST_REFUSED_NAMED = 20;

function sayRefused(results: readonly ScanResult[], context: CliContext): void {
  const refused = results.filter(({ kind }) => kind === "refused").map(({ host }) => host);
  if (refused.length === 0) return;
  const named = refused.slice(0, MOST_REFUSED_NAMED).join(", ");
  const more = refused.length > MOST_REFUSED_NAMED ? ` and ${refused.length - MOST_REFUSED_NAMED} more` : "";
  say(context, `refused, for the allow-list does not name them: ${named}${more}`);
}

function rowOf(fingerprint: Fingerprint): string[] {
  const { host, profile } = fingerprint;
  const sure = percent(surenessOf(fingerprint));
  return [host, titleOf(fingerprint), sure, protocolsText(fingerprint), profileText(profile)];
}

function progressText({ done, total, found, leftMs }: ScanProgress): string {
  const eta = leftMs === undefined ? "" : `, about ${Math.ceil(leftMs / 1000)} s left`;
  return `${done} of ${counted(total, "host")}, ${found} found${done === total ? "" : eta}`;
}
