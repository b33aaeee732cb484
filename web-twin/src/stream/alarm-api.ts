import type { AlarmDto, InhibitDto, Priority } from "@stethos/edge-agent/core";
import { type Ask, nothing, parsed, post } from "./ask.ts";
import { alarm, inhibit } from "./dto-shapes.ts";
import { list, object, optional, type Shape, text, time } from "./shape.ts";

export interface AlarmQuery {
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly area?: string;
  readonly priority?: Priority;
  readonly text?: string;
}

/** One line of what became of an alarm. */
export interface JournalLine {
  readonly time: string;
  readonly state?: string | undefined;
  readonly by?: string | undefined;
  /** What happened: a word that screens translate. */
  readonly what: string;
  readonly reason?: string | undefined;
}

const journalLine: Shape<JournalLine> = object({
  time,
  state: optional(text),
  by: optional(text),
  what: text,
  reason: optional(text),
});

/** What the agent keeps of alarms, and what operators do to their sources. */
export interface AlarmApi {
  /** Newest first. @param before id of the last one that is known already */
  search(query: AlarmQuery, before: string | undefined, signal: AbortSignal): Promise<readonly AlarmDto[]>;
  /** Where the same alarms are to be had as a file, relative to the page. */
  csvPath(query: AlarmQuery): string;
  journal(alarm: string, signal: AbortSignal): Promise<readonly JournalLine[]>;
  shelve(
    source: string,
    given: { readonly by: string; readonly reason: string; readonly minutes: number },
    signal: AbortSignal,
  ): Promise<InhibitDto>;
  unshelve(source: string, by: string, signal: AbortSignal): Promise<void>;
  takeOutOfService(
    source: string,
    given: { readonly by: string; readonly reason: string },
    signal: AbortSignal,
  ): Promise<InhibitDto>;
  returnToService(source: string, by: string, signal: AbortSignal): Promise<void>;
}

/** Alarms of one page of the history. */
export const HISTORY_PAGE = 100;

function search({ fromMs, toMs, area, priority, text: q }: AlarmQuery): URLSearchParams {
  const query = new URLSearchParams();
  if (fromMs !== undefined) query.set("from", new Date(fromMs).toISOString());
  if (toMs !== undefined) query.set("to", new Date(toMs).toISOString());
  if (area !== undefined) query.set("area", area);
  if (priority !== undefined) query.set("priority", priority);
  if (q !== undefined && q.trim() !== "") query.set("q", q.trim());
  return query;
}

export function createAlarmApi(ask: Ask): AlarmApi {
  const source = (id: string, what: string): string => `v1/alarm-sources/${encodeURIComponent(id)}/${what}`;
  return {
    search(query, before, signal) {
      const parameters = search(query);
      parameters.set("most", String(HISTORY_PAGE));
      if (before !== undefined) parameters.set("before", before);
      return ask(`v1/alarms?${parameters}`, {}, parsed(list(alarm)), signal);
    },
    csvPath: (query) => `v1/alarms.csv?${search(query)}`,
    journal: (id, signal) =>
      ask(`v1/alarms/${encodeURIComponent(id)}/journal`, {}, parsed(list(journalLine)), signal),
    shelve: (id, given, signal) => ask(source(id, "shelve"), post(given), parsed(inhibit), signal),
    unshelve: (id, by, signal) => ask(source(id, "unshelve"), post({ by }), nothing, signal),
    takeOutOfService: (id, given, signal) =>
      ask(source(id, "out-of-service"), post(given), parsed(inhibit), signal),
    returnToService: (id, by, signal) => ask(source(id, "return-to-service"), post({ by }), nothing, signal),
  };
}
