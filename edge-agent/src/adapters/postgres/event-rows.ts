import type { Alarm } from "../../core/alarm-types.ts";
import { unreachable } from "../../core/errors.ts";
import type { Health } from "../../core/health.ts";
import type { Gap, OutboundRows, OutboxBatch } from "../../core/outbox/outbound.ts";
import type { EnvelopeLine, Score } from "../../core/score.ts";
import type { CopyWriter } from "./copy-writer.ts";
import { storableJson, storableText } from "./text.ts";

type EventRows = Exclude<OutboundRows, { stream: "readings" }>;

/** Columns of the tables, in the order in which the rows are written. */
export const EVENT_TABLES = {
  scores: {
    table: "score",
    columns: [
      ...["time", "node", "machine", "sensor", "sequence", "model", "shaft_hz", "sensor_state", "state"],
      ...["anomaly", "vote_network", "vote_spectrum", "vote_rms", "fault_hint", "probabilities"],
      ...["spectrum_ratio", "rms_ratio", "latency_ms", "rms", "peak", "crest", "kurtosis", "skewness"],
      ...["velocity_rms", "bpfo_db", "bpfi_db", "bsf_db", "ftf_db", "lines"],
    ],
  },
  health: { table: "health", columns: ["time", "node", "machine", "state", "index", "baseline_progress"] },
  alarms: {
    table: "alarm",
    columns: [
      ...[
        "committed",
        "node",
        "id",
        "machine",
        "source",
        "state",
        "severity",
        "priority",
        "raised",
        "cleared",
      ],
      ...["acknowledged", "acknowledged_by", "suppressed_reason", "peak_anomaly", "reason", "evidence"],
      "inhibit",
    ],
  },
  gaps: {
    table: "gap",
    columns: ["noticed", "node", "stream", "cause", "sink", "rows", "from_time", "to_time", "tags"],
  },
} as const;

/** Writes row `i` of what is no reading. */
export function putEvent(writer: CopyWriter, batch: OutboxBatch, content: EventRows, i: number): void {
  writer.row(EVENT_TABLES[content.stream].columns.length);
  switch (content.stream) {
    case "scores":
      putScore(writer, batch.node, at(content.rows, i));
      break;
    case "health":
      putHealth(writer, batch.node, at(content.rows, i));
      break;
    case "alarms":
      putAlarm(writer, batch, at(content.rows, i));
      break;
    case "gaps":
      putGap(writer, batch.node, at(content.rows, i));
      break;
    default:
      unreachable(content);
  }
}

function at<T>(rows: readonly T[], i: number): T {
  const row = rows[i];
  if (row === undefined) throw new RangeError(`no row ${i} among ${rows.length}`);
  return row;
}

function putScore(writer: CopyWriter, node: string, score: Score): void {
  writer.time(score.timeUs);
  text(writer, node);
  text(writer, score.machine);
  text(writer, score.sensor);
  writer.int8(score.sequence);
  text(writer, score.model);
  writer.float8(score.shaftHz);
  text(writer, score.sensorState);
  text(writer, score.state);
  writer.float8(score.anomaly);
  boolean(writer, score.votes?.network);
  boolean(writer, score.votes?.spectrum);
  boolean(writer, score.votes?.rms);
  text(writer, score.faultHint);
  json(writer, score.probabilities);
  writer.float8(score.spectrumRatio);
  writer.float8(score.rmsRatio);
  writer.float8(score.latencyMs);
  const { features } = score;
  writer.float8(features?.rms);
  writer.float8(features?.peak);
  writer.float8(features?.crest);
  writer.float8(features?.kurtosis);
  writer.float8(features?.skewness);
  writer.float8(features?.velocityRms);
  for (const name of LINES) writer.float8(features?.lines.find((line) => line.name === name)?.prominenceDb);
  json(writer, features?.lines);
}

const LINES: readonly EnvelopeLine["name"][] = ["BPFO", "BPFI", "BSF", "FTF"];

function putHealth(writer: CopyWriter, node: string, health: Health): void {
  writer.time(health.timeUs);
  text(writer, node);
  text(writer, health.machine);
  text(writer, health.state);
  writer.float8(health.index);
  writer.float8(health.baselineProgress);
}

function putAlarm(writer: CopyWriter, batch: OutboxBatch, alarm: Alarm): void {
  writer.time(batch.committedUs);
  text(writer, batch.node);
  text(writer, alarm.id);
  text(writer, alarm.machine);
  text(writer, alarm.sensor);
  text(writer, alarm.state);
  text(writer, alarm.severity);
  text(writer, alarm.priority);
  writer.time(alarm.raisedUs);
  writer.time(alarm.clearedUs);
  writer.time(alarm.acknowledgedUs);
  text(writer, alarm.acknowledgedBy);
  text(writer, alarm.suppressedReason);
  writer.float8(alarm.peakAnomaly);
  text(writer, alarm.reason);
  json(writer, alarm.evidence);
  json(writer, alarm.inhibit);
}

function putGap(writer: CopyWriter, node: string, gap: Gap): void {
  writer.time(gap.noticedUs);
  text(writer, node);
  text(writer, gap.stream);
  text(writer, gap.cause);
  text(writer, gap.sink);
  writer.int8(gap.rows);
  writer.time(gap.fromUs);
  writer.time(gap.toUs);
  json(writer, gap.tags);
}

const text = (writer: CopyWriter, value: string | undefined): void =>
  writer.text(value === undefined ? undefined : storableText(value));

const json = (writer: CopyWriter, value: unknown): void =>
  writer.json(value === undefined ? undefined : storableJson(value));

const boolean = (writer: CopyWriter, value: boolean | undefined): void =>
  value === undefined ? writer.null() : writer.boolean(value);
