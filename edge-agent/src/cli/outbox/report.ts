import type { z } from "zod";
import type { outbox } from "../../adapters/http-api/outbox-schema.ts";
import type { OutboxReport } from "../../adapters/sqlite/outbox/inspect.ts";
import type { Stream } from "../../core/outbox/outbound.ts";
import { rfc3339, type TimeUs } from "../../core/time.ts";
import { columns } from "../columns.ts";

export const isSound = ({ damage, streams }: OutboxReport): boolean =>
  damage === undefined && streams.every(({ damaged }) => damaged === 0);

const timeText = (us: TimeUs | undefined): string => (us === undefined ? "-" : rfc3339(us));
const total = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0);

export function renderReport(report: OutboxReport): string {
  const { file, bytes, damage, streams, sinks, dropped, aside } = report;
  const batches = total(streams.map((stream) => stream.batches));
  const rows = total(streams.map((stream) => stream.rows));
  const verdict = isSound(report) ? "is sound" : "is DAMAGED";
  return [
    `${file} ${verdict}: ${batches} batches, ${rows} rows, ${bytes} bytes\n`,
    damage === undefined ? "" : `SQLite says: ${damage}\n`,
    table(
      ["STREAM", "BATCHES", "ROWS", "DAMAGED", "OLDEST", "NEWEST"],
      streams.map((stream) => [
        stream.stream,
        `${stream.batches}`,
        `${stream.rows}`,
        `${stream.damaged}`,
        timeText(stream.oldestUs),
        timeText(stream.newestUs),
      ]),
    ),
    table(
      ["SINK", "BATCHES", "ROWS", "OLDEST"],
      sinks.map((sink) => [
        sink.sink,
        `${sink.waitingBatches}`,
        `${sink.waitingRows}`,
        timeText(sink.oldestUs),
      ]),
    ),
    droppedTable(dropped),
    aside.length === 0 ? "" : `\nset aside before:\n${aside.map((name) => `  ${name}\n`).join("")}`,
  ].join("");
}

/** The same for programs: times as text. */
export const reportJson = (report: OutboxReport) => ({
  ...report,
  isSound: isSound(report),
  streams: report.streams.map(({ oldestUs, newestUs, ...stream }) => ({
    ...stream,
    oldestTime: timeText(oldestUs),
    newestTime: timeText(newestUs),
  })),
  sinks: report.sinks.map(({ oldestUs, ...sink }) => ({
    ...sink,
    ...(oldestUs !== undefined && { oldestTime: timeText(oldestUs) }),
  })),
});

export function renderRunning(told: z.infer<typeof outbox>): string {
  if (!told.isConfigured) return "the agent has no sinks, and keeps no outbox\n";
  const trouble = told.trouble === undefined ? "" : `trouble: ${told.trouble}\n`;
  return [
    `${told.batches} batches, ${told.rows} rows, ${told.bytes} bytes; ${told.uncommitted} not committed\n${trouble}`,
    table(
      ["SINK", "STATE", "BATCHES", "ROWS", "OLDEST"],
      told.sinks.map((sink) => [
        sink.sink,
        sink.fault ?? sink.state,
        `${sink.waitingBatches}`,
        `${sink.waitingRows}`,
        sink.oldestTime ?? "-",
      ]),
    ),
    droppedTable(told.dropped),
  ].join("");
}

interface DroppedRows {
  readonly stream: Stream;
  readonly cause: string;
  readonly rows: number;
}

/** What a command just dropped. */
export function renderDropped(dropped: readonly DroppedRows[], isJson: boolean): string {
  const sums = new Map<Stream, number>();
  for (const { stream, rows } of dropped) sums.set(stream, (sums.get(stream) ?? 0) + rows);
  const list = [...sums].map(([stream, rows]) => ({ stream, rows }));
  if (isJson) return `${JSON.stringify({ dropped: list })}\n`;
  if (list.length === 0) return "nothing was dropped\n";
  return list.map(({ stream, rows }) => `${rows} rows of ${stream} were dropped\n`).join("");
}

const droppedTable = (dropped: readonly DroppedRows[]): string =>
  table(
    ["DROPPED", "CAUSE", "ROWS"],
    dropped.map(({ stream, cause, rows }) => [stream, cause, `${rows}`]),
  );

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? "" : `\n${columns([head, ...rows])}`;
