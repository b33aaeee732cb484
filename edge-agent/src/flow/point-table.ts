import type { Alarm, Inhibit } from "../core/alarm-types.ts";
import { createPointFinder, type ExpandedLayout, expandLayout } from "../core/layout/expand.ts";
import { isUsable } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import { PointState } from "../core/twin/point-state.ts";
import type { DeviceNews } from "../ports/driver.ts";
import type { Logger } from "../ports/logger.ts";
import type { Points } from "../ports/points.ts";
import type { Random } from "../ports/random.ts";
import { type PointColumns, pointColumns, writePoint } from "./point-columns.ts";
import { createSourceAlarms } from "./point-table-alarms.ts";

/** The newest of every point of the plant, for the twin feed; written by the flows, read through the Points port. */
export interface PointTable extends Points {
  setPlant(layout: ExpandedLayout, plant: PointSources): void;
  onReadings(batch: ReadingBatch): void;
  onScore(score: Score): void;
  onAlarm(alarm: Alarm): void;
  onInhibit(source: string, inhibit: Inhibit | undefined): void;
  onDevice(device: string, news: DeviceNews): void;
}

/** Where values come from. */
export interface PointSources {
  /** The agent's table: what once got an index keeps it. */
  readonly tags: readonly Tag[];
  /** Their points show the anomaly of their newest score. */
  readonly sensors: readonly { readonly id: string; readonly device: string }[];
  /** A value outside is worth an advisory; undefined where any value is usual. */
  usualRangeOf?(tag: Tag): UsualRange | undefined;
}

export interface UsualRange {
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

const NOWHERE = -1;
/** What is known of a tag. */
const Known = { nothing: 0, good: 1, bad: 2 } as const;
const EPOCHS = 65_536;
const EXAMPLES = 3;
const noPlant = expandLayout({
  version: "plant-layout/v1",
  site: "",
  kinds: [],
  areas: [],
  templates: [],
  assets: [],
});

export function createPointTable(deps: { readonly random: Random; readonly logger: Logger }): PointTable {
  let layout = noPlant;
  let columns: PointColumns = pointColumns(layout);
  let findPoint = createPointFinder(layout);
  let epoch = Math.floor(deps.random() * EPOCHS);
  let turn = 1;
  let isNews = false;
  /** [tags]: their points, and the newest of them also where they have none yet: a later layout may. */
  let pointOf = new Int32Array(0);
  let newest = new Float32Array(0);
  let known = new Uint8Array(0);
  let sensors = new Map<string, { readonly point: number | undefined; readonly device: string }>();
  const scores = new Map<string, { readonly anomaly: number; readonly isStale: boolean }>();
  const alarms = createSourceAlarms();
  let toldMissing = 0;

  function put(point: number, exact: number, isStale: boolean): void {
    if (!writePoint(columns, point, exact, isStale)) return;
    columns.changed[point] = turn;
    isNews = true;
  }

  function putAlarms(source: string): void {
    const point = findPoint(source);
    if (point === undefined) return;
    columns.alarms[point] = alarms.bitsOf(source);
    put(point, columns.exact[point] ?? Number.NaN, ((columns.state[point] ?? 0) & PointState.stale) !== 0);
  }

  function putScore(sensor: string): void {
    const point = sensors.get(sensor)?.point;
    const score = scores.get(sensor);
    if (point !== undefined && score !== undefined) put(point, score.anomaly, score.isStale);
  }

  /** Rows of one tag that is read again and again: nothing is allocated. */
  function onReading(batch: ReadingBatch, row: number): void {
    const tag = batch.tag[row] ?? 0;
    const isGood = isUsable(batch.status[row] ?? 0);
    // A bad reading carries no value: the last one stays on the screen, marked as stale.
    const value = isGood ? numberAt(batch, row) : (newest[tag] ?? Number.NaN);
    newest[tag] = value;
    known[tag] = isGood ? Known.good : Known.bad;
    const point = pointOf[tag] ?? NOWHERE;
    if (point !== NOWHERE) put(point, value, !isGood);
  }

  function widen(tags: number): void {
    newest = widened(newest, new Float32Array(tags).fill(Number.NaN));
    known = widened(known, new Uint8Array(tags));
  }

  function setLayout(next: ExpandedLayout): void {
    const isOther = next.hash !== layout.hash || next.pointCount !== layout.pointCount;
    layout = next;
    findPoint = createPointFinder(next);
    if (!isOther) return;
    columns = pointColumns(next);
    epoch = (epoch + 1) % EPOCHS;
    columns.changed.fill(turn);
    isNews = true;
  }

  function setTags({ tags, usualRangeOf }: PointSources): void {
    widen(tags.length);
    pointOf = new Int32Array(tags.length).fill(NOWHERE);
    columns.usualLow.fill(Number.NEGATIVE_INFINITY);
    columns.usualHigh.fill(Number.POSITIVE_INFINITY);
    const missing: string[] = [];
    tags.forEach((tag, t) => {
      const point = findPoint(tag.id);
      if (point === undefined) missing.push(tag.id);
      else {
        pointOf[t] = point;
        const range = usualRangeOf?.(tag);
        columns.usualLow[point] = range?.low ?? Number.NEGATIVE_INFINITY;
        columns.usualHigh[point] = range?.high ?? Number.POSITIVE_INFINITY;
      }
    });
    tellMissing(missing);
  }

  function tellMissing(missing: readonly string[]): void {
    if (missing.length > 0 && missing.length !== toldMissing) {
      const fields = { count: missing.length, examples: missing.slice(0, EXAMPLES) };
      deps.logger.info(fields, "some tags have no point in the plant's layout; the twin does not show them");
    }
    toldMissing = missing.length;
  }

  /** Points of tags and sensors that are gone become stale. */
  function putAll(): void {
    columns.alarms.fill(0);
    for (const source of alarms.sources()) {
      const point = findPoint(source);
      if (point !== undefined) columns.alarms[point] = alarms.bitsOf(source);
    }
    const isFed = new Uint8Array(layout.pointCount);
    pointOf.forEach((point, tag) => {
      if (point === NOWHERE) return;
      isFed[point] = 1;
      put(point, newest[tag] ?? Number.NaN, known[tag] !== Known.good);
    });
    for (const [id, { point }] of sensors) {
      if (point === undefined) continue;
      const score = scores.get(id);
      isFed[point] = 1;
      put(point, score?.anomaly ?? Number.NaN, score?.isStale ?? true);
    }
    isFed.forEach((fed, point) => {
      if (fed === 0) put(point, columns.exact[point] ?? Number.NaN, true);
    });
  }

  return {
    get layout() {
      return layout;
    },
    get epoch() {
      return epoch;
    },
    get value() {
      return columns.value;
    },
    get exact() {
      return columns.exact;
    },
    get state() {
      return columns.state;
    },
    get changed() {
      return columns.changed;
    },
    endTurn() {
      if (isNews) turn += 1;
      isNews = false;
      return turn - 1;
    },
    setPlant(next, plant) {
      setLayout(next);
      setTags(plant);
      sensors = new Map(plant.sensors.map(({ id, device }) => [id, { device, point: findPoint(id) }]));
      for (const id of scores.keys()) if (!sensors.has(id)) scores.delete(id);
      putAll();
    },
    onReadings(batch) {
      for (let row = 0; row < batch.count; row += 1) onReading(batch, row);
    },
    onScore({ sensor, state, anomaly, sensorState }) {
      // While a baseline is learnt there is no verdict, and nothing wrong with that.
      const isJudged = state === "scored" || state === "degraded";
      scores.set(sensor, { anomaly: isJudged ? anomaly : Number.NaN, isStale: sensorState !== "valid" });
      putScore(sensor);
    },
    onAlarm(alarm) {
      alarms.onAlarm(alarm);
      putAlarms(alarm.sensor);
    },
    onInhibit(source, inhibit) {
      alarms.onInhibit(source, inhibit);
      putAlarms(source);
    },
    onDevice(device, news) {
      // Scalar tags of a device that is down get readings of bad status; waveforms just stay away.
      if (news.kind !== "link" || news.up) return;
      for (const [id, sensor] of sensors) {
        const score = scores.get(id);
        if (sensor.device !== device || score === undefined) continue;
        scores.set(id, { ...score, isStale: true });
        putScore(id);
      }
    },
  };
}

/** NaN where a reading is no number. */
function numberAt(batch: ReadingBatch, row: number): number {
  const value = batch.value[row] ?? Number.NaN;
  if (!Number.isNaN(value) || batch.other.size === 0) return value;
  const other = batch.other.get(row);
  return typeof other === "boolean" ? Number(other) : Number.NaN;
}

function widened<Column extends Float32Array | Uint8Array>(column: Column, room: Column): Column {
  room.set(column.subarray(0, room.length));
  return room;
}
