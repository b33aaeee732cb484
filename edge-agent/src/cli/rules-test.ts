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
    .requiredOption("--to <time>", "RFC 3339", time)
    .option("--url <url>", "ask the agent that runs there; its history file is read where absent")
    .option("--token-file <file>", "file that holds the agent's access token, where it has one")
    .option("--json", "one JSON object a line")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos rules test -c agent.yaml --rules new.yaml --from 2026-11-22T00:00:00Z --to 2026-11-23T00:00:00Z\n  stethos rules test -c agent.yaml --from 2026-11-22T00:00:00Z --to 2026-11-23T00:00:00Z --url http://127.0.0.1:8642 --json",
    )
    .action(async (options: Options) => {
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

function tell(
  { fired, readings, evaluated, leftOut }: Rehearsal,
  { to, json }: Options,
  context: CliContext,
): void {
  for (const [what, list] of Map.groupBy(
    leftOut,
    (one) => `rule ${one.rule}: the history does not keep ${one.what}`,
  ))
    say(context, `Left out: ${what} (${list.length} machines)`);
  if (json) for (const one of fired) context.stdout.write(`${JSON.stringify(jsonOf(one, to))}\n`);
  else if (fired.length > 0) context.stdout.write(tableOf(fired, to));
  say(
    context,
    `${fired.length} alarms, from ${readings} values of the history and ${evaluated} evaluations; values are means over a scan period, and bad readings look like holes`,
  );
}

const jsonOf = ({ fromUs, toUs, ...rest }: WouldHave, end: TimeUs) => ({
  ...rest,
  from: rfc3339(fromUs),
  ...(toUs !== undefined && { to: rfc3339(toUs) }),
  seconds: ((toUs ?? end) - fromUs) / 1e6,
});

const tableOf = (fired: readonly WouldHave[], end: TimeUs): string =>
  columns([
    ["FROM", "LASTS", "SEVERITY", "RULE", "MACHINE", "SAW"],
    ...fired.map((one) => [
      rfc3339(one.fromUs).replace(/\.\d+Z$/, "Z"),
      `${durationText((one.toUs ?? end) - one.fromUs)}${one.toUs === undefined ? " and on" : ""}`,
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
