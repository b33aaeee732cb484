import { createSystemClock } from "@stethos/protocol-finger/clock";
import { type Command, InvalidArgumentError } from "commander";
import { EdgeError } from "../core/errors.ts";
import { durationText } from "../core/rules/duration.ts";
import { parseRfc3339, rfc3339, type TimeUs } from "../core/time.ts";
import { type Rehearsal, rehearse, type WouldHave } from "../flow/rules-replay.ts";
import { columns } from "./columns.ts";
import { type CliContext, say, untilStopped } from "./io.ts";
import { loadRules } from "./rules-load.ts";
import { agentSource, fileSource } from "./rules-source.ts";

interface Options {
  readonly config: string;
  readonly rules?: string;
  readonly from: TimeUs;
  readonly to: TimeUs;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly json?: true;
}

/** A dry run: which alarms rules would have raised. */
export function addRulesTest(rules: Command, context: CliContext): void {
  rules
    .command("test")
    .description("try rules on the history: what would have fired, and for how long")
    .requiredOption("-c, --config <file>", "configuration file of the agent")
    .option("--rules <file>", "other rules than those of the configuration")
    .requiredOption("--from <time>", "RFC 3339: 2026-11-22T08:00:00Z", time)
    .option("--to <time>", "RFC 3339; now where absent", time)
    .option("--url <url>", "ask the agent that runs there; its history file is read where absent")
    .option("--token-file <file>", "file that holds the agent's access token, where it has one")
    .option("--json", 'one JSON object a line: of kind "alarm" each, and at the end one of kind "verdict"')
    .addHelpText(
      "after",
      "\nExact: every reading of the history is judged by itself, its time to half a scan period. Approximate: where readings\ncame faster than the history is asked, only their least, greatest and mean are known; they are judged in this order.\n\nExamples:\n  stethos rules test -c agent.yaml --rules new.yaml --from 2026-11-22T00:00:00Z\n  stethos rules test -c agent.yaml --from 2026-11-22T00:00:00Z --to 2026-11-23T00:00:00Z --url http://127.0.0.1:8642 --json",
    )
    .action(async (given: Omit<Options, "to"> & Partial<Options>) => {
      const options: Options = { to: createSystemClock().nowUs(), ...given };
      if (options.from >= options.to)
        throw new EdgeError("CONFIG_INVALID", "--from must be earlier than --to");
      const loaded = await loadRules(options.config, options.rules, context);
      const { url, tokenFile } = options;
      const file = url === undefined ? fileSource(loaded.dataFolder) : undefined;
      const source = file ?? agentSource({ url: url ?? "", ...(tokenFile !== undefined && { tokenFile }) });
      const stop = untilStopped(context);
      try {
        const range = { fromUs: options.from, toUs: options.to };
        tell(await rehearse(loaded.rules, range, source, stop.signal), options, context);
      } finally {
        file?.close();
        stop.dispose();
      }
    });
}

function tell(rehearsal: Rehearsal, options: Options, context: CliContext): void {
  const { fired, readings, evaluated, leftOut } = rehearsal;
  for (const [what, list] of Map.groupBy(
    leftOut,
    (one) => `rule ${one.rule}: the history does not keep ${one.what}`,
  ))
    say(context, `Left out: ${what} (${list.length} machines)`);
  if (options.json)
    for (const line of [...fired.map((one) => jsonOf(one, options.to)), verdictOf(rehearsal, options)])
      context.stdout.write(`${JSON.stringify(line)}\n`);
  else if (fired.length > 0) context.stdout.write(tableOf(fired, options.to));
  for (const line of precisionLines(rehearsal, options)) say(context, line);
  say(
    context,
    `${fired.length} alarms, from ${readings} values of the history and ${evaluated} evaluations; bad readings look like holes`,
  );
}

const EXACT = "every reading was judged by itself, its time to half a scan period";
const APPROXIMATE =
  "readings came so fast there that only their least, greatest and mean are known, and were judged in this order: a short excursion of one series is seen, but how long it lasted, two series at the same moment, and a count, a mean or a rate over a window may be wrong";
/** More series than that are counted only. */
const MOST_NAMED = 10;

function precisionLines({ approximate }: Rehearsal, { from, to }: Options): string[] {
  if (approximate.length === 0) return [`Exact from ${rfc3339(from)} to ${rfc3339(to)}: ${EXACT}`];
  const series = [...Map.groupBy(approximate, ({ of, id }) => `${of} ${id}`)];
  return [
    ...series.slice(0, MOST_NAMED).map(([name, blurs]) => approximateLine(name, blurs)),
    ...(series.length > MOST_NAMED ? [`Approximate for ${series.length - MOST_NAMED} more`] : []),
    `Approximate: ${APPROXIMATE}`,
    `Exact at all other times: ${EXACT}`,
  ];
}

function approximateLine(name: string, blurs: Rehearsal["approximate"]): string {
  const sumUs = blurs.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
  const range = `from ${rfc3339(blurs[0]?.fromUs ?? 0)} to ${rfc3339(blurs.at(-1)?.toUs ?? 0)}`;
  return `Approximate for ${name} ${range}: ${durationText(sumUs)} in ${blurs.length} spans`;
}

const jsonOf = ({ fromUs, toUs, isExact, ...rest }: WouldHave, end: TimeUs) => ({
  kind: "alarm",
  ...rest,
  from: rfc3339(fromUs),
  ...(toUs !== undefined && { to: rfc3339(toUs) }),
  seconds: ((toUs ?? end) - fromUs) / 1e6,
  exact: isExact,
});

const verdictOf = ({ fired, approximate, leftOut, readings, evaluated }: Rehearsal, range: Options) => ({
  kind: "verdict",
  from: rfc3339(range.from),
  to: rfc3339(range.to),
  alarms: fired.length,
  values: readings,
  evaluations: evaluated,
  leftOut,
  exact: approximate.length === 0,
  approximate: approximate.map(({ of, id, fromUs, toUs }) => ({
    of,
    id,
    from: rfc3339(fromUs),
    to: rfc3339(toUs),
  })),
  meaning: approximate.length === 0 ? EXACT : APPROXIMATE,
});

const tableOf = (fired: readonly WouldHave[], end: TimeUs): string =>
  columns([
    ["FROM", "LASTS", "KNOWN", "SEVERITY", "RULE", "MACHINE", "SAW"],
    ...fired.map((one) => [
      rfc3339(one.fromUs).replace(/\.\d+Z$/, "Z"),
      `${durationText((one.toUs ?? end) - one.fromUs)}${one.toUs === undefined ? " and on" : ""}`,
      one.isExact ? "exact" : "approx.",
      one.severity,
      one.rule,
      one.machine,
      Object.entries(one.values)
        .map(
          ([name, value]) => `${name} = ${typeof value === "number" ? Number(value.toPrecision(4)) : value}`,
        )
        .join(", "),
    ]),
  ]);

function time(text: string): TimeUs {
  const us = parseRfc3339(text);
  if (us === undefined)
    throw new InvalidArgumentError("must be an RFC 3339 time such as 2026-11-22T08:00:00Z");
  return us;
}
