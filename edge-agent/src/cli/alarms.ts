import { Option } from "commander";
import { z } from "zod";
import { alarmsCsv } from "../adapters/http-api/alarm-csv.ts";
import { alarm, inhibit } from "../adapters/http-api/schemas.ts";
import { PRIORITIES } from "../core/alarm-types.ts";
import { EdgeError } from "../core/errors.ts";
import { MOST_SHELVED_MINUTES } from "../core/inhibit.ts";
import { type AskOptions, createAgentGroup, type SignedOptions } from "./agent-group.ts";
import { renderAlarms, renderInhibits } from "./alarms/table.ts";
import { askAgent } from "./ask-agent.ts";
import type { AddCommand } from "./io.ts";
import { positive } from "./numbers.ts";

interface ShelveOptions extends SignedOptions {
  readonly reason: string;
  readonly minutes: number;
}

interface HistoryOptions extends AskOptions {
  readonly most: number;
  readonly csv?: true;
  readonly from?: string;
  readonly to?: string;
  readonly machine?: string;
  readonly area?: string;
  readonly priority?: string;
  readonly find?: string;
}

/** Alarms of a running agent: what asks for somebody, what was, and what is kept from the operators. */
export const alarmsCommand: AddCommand = (program, context) => {
  const group = program
    .command("alarms")
    .description("list, acknowledge and shelve the alarms of a running agent, and search its history")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos alarms list\n  stethos alarms ack ALARM --by Ada\n" +
        "  stethos alarms shelve SOURCE --minutes 60 --reason 'cable is being changed'\n" +
        "  stethos alarms history --find 'pump bearing' --from 2026-11-01T00:00:00Z\n" +
        "  stethos alarms history --csv > alarms.csv\n  stethos alarms list --json | jq .sensor",
    );

  const { add, tell, by, most } = createAgentGroup(group, context);

  add("list", "list the alarms that ask for somebody")
    .addOption(most(100))
    .action((options: HistoryOptions) => {
      const path = `/v1/alarms?open=true&most=${options.most}`;
      return tell(options, (signal) => askAgent(options, path, z.array(alarm), signal), renderAlarms);
    });

  add("ack", "acknowledge an alarm")
    .argument("<alarm>", "its id, as list tells it")
    .addOption(by())
    .action((id: string, options: SignedOptions) => {
      const path = `/v1/alarms/${encodeURIComponent(id)}/acknowledge`;
      const body = { by: options.by };
      return tell(
        options,
        (signal) => askAgent(options, path, alarm, signal, body),
        (one) => renderAlarms([one]),
      );
    });

  add("shelve", "keep a source's alarms from the operators for a time")
    .argument("<source>", "id of the sensor or tag, as list tells it")
    .addOption(by())
    .requiredOption("--reason <words>", "why, for the next shift and the audit log")
    .addOption(
      new Option("--minutes <count>", `then it ends by itself, ${MOST_SHELVED_MINUTES} at most`)
        .default(60)
        .argParser(positive),
    )
    .action((source: string, options: ShelveOptions) => {
      const body = { by: options.by, reason: options.reason, minutes: options.minutes };
      const path = `${pathOf(source)}/shelve`;
      return tell(
        options,
        (signal) => askAgent(options, path, inhibit, signal, body),
        (one) => renderInhibits([one]),
      );
    });

  add("unshelve", "end a shelving before its time")
    .argument("<source>", "id of the sensor or tag, as shelved tells it")
    .addOption(by())
    .action((source: string, options: SignedOptions) => {
      const path = `${pathOf(source)}/unshelve`;
      const body = { by: options.by };
      return tell(
        options,
        (signal) => askAgent(options, path, z.object({}), signal, body),
        () => `${source} is not shelved any more\n`,
      );
    });

  add("shelved", "list what is shelved, out of service or suppressed by design").action(
    (options: AskOptions) =>
      tell(
        options,
        (signal) => askAgent(options, "/v1/alarm-sources", z.array(inhibit), signal),
        renderInhibits,
      ),
  );

  add("history", "search all alarms that are kept, newest first")
    .addOption(most(100))
    .option("--csv", "as a table for a spreadsheet")
    .option("--from <time>", "raised from here on, RFC 3339")
    .option("--to <time>", "raised before")
    .option("--machine <id>", "of this machine")
    .option("--area <name>", "of this area")
    .addOption(new Option("--priority <priority>", "of this one").choices(PRIORITIES))
    .option("--find <words>", "words that machine, source, reason or acknowledger contain")
    .action((options: HistoryOptions) => {
      if (options.csv && options.json)
        throw new EdgeError("CONFIG_INVALID", "--csv and --json exclude each other; give one");
      return tell(
        options,
        (signal) => askAgent(options, `/v1/alarms?${queryOf(options)}`, z.array(alarm), signal),
        options.csv ? alarmsCsv : renderAlarms,
      );
    });
};

const pathOf = (source: string): string => `/v1/alarm-sources/${encodeURIComponent(source)}`;

function queryOf({ most, from, to, machine, area, priority, find: q }: HistoryOptions): URLSearchParams {
  const given = Object.entries({ most: String(most), from, to, machine, area, priority, q });
  return new URLSearchParams(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
