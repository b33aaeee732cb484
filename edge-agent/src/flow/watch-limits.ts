import { type Clock, slept } from "@stethos/protocol-finger/clock";
import type { Alarm } from "../core/alarm-types.ts";
import { type LimitEvent, levelOfAlarm, stepLimitAlarm } from "../core/limit-alarm.ts";
import { createLimitWatch, type LimitedTag, type OnLevel } from "../core/limit-watch.ts";
import { breachOf, hasAlarmLimit } from "../core/limits.ts";
import type { ReadingBatch } from "../core/reading.ts";
import { pathText, type Tag } from "../core/tag.ts";
import type { Random } from "../ports/random.ts";
import { createOpenAlarms } from "./open-alarms.ts";

export interface WatchLimitsDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** What an earlier run left open; those of sensors are left alone. */
  readonly alarms: readonly Alarm[];
  onAlarm(alarm: Alarm): void;
}

/** From readings to alarms of tags that leave their limits. */
export interface WatchLimits {
  /** After each reload; an open alarm of a tag that has no limits any more is cleared. */
  setTags(tags: readonly Tag[]): void;
  onReadings(batch: ReadingBatch): void;
  /** The alarm's state after it, or undefined where there is no such open alarm. */
  acknowledge(alarm: string, by: string): Alarm | undefined;
  /** Ends delays by the clock until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const TICK_MS = 500;

export function createWatchLimits(deps: WatchLimitsDeps): WatchLimits {
  const { clock } = deps;
  const open = createOpenAlarms(
    deps.alarms.filter((alarm) => alarm.reason.startsWith("limit-") && alarm.state !== "normal"),
  );
  let tags: readonly Tag[] = [];
  let watch = createLimitWatch(0, []);

  function step(source: string, event: LimitEvent): Alarm | undefined {
    const changes = stepLimitAlarm(open.of(source), event);
    for (const change of changes) {
      open.keep(change);
      deps.onAlarm(change);
    }
    return changes.at(-1);
  }

  const onLevel: OnLevel = (index, level, value, timeUs) => {
    const tag = tags[index];
    if (tag?.limits === undefined) return;
    const breach = breachOf(level, tag.limits);
    if (breach === undefined) step(tag.id, { kind: "within", timeUs });
    else {
      const alarmId = `${Math.round(timeUs / 1000).toString(36)}-${Math.floor(deps.random() * 36 ** 6).toString(36)}`;
      const machine = pathText(tag.path);
      step(tag.id, { kind: "beyond", breach, value, unit: tag.unit, timeUs, alarmId, machine, tag: tag.id });
    }
  };

  return {
    setTags(next) {
      tags = next;
      const limited = next.flatMap(({ limits }, tag): LimitedTag[] =>
        limits !== undefined && hasAlarmLimit(limits) ? [{ tag, limits }] : [],
      );
      watch = createLimitWatch(next.length, limited);
      const indices = new Map(limited.map(({ tag }) => [next[tag]?.id ?? "", tag]));
      for (const [source, alarm] of open.all()) {
        const index = indices.get(source);
        if (index === undefined) step(source, { kind: "within", timeUs: clock.nowUs() });
        else {
          watch.resume(index, levelOfAlarm(alarm));
          deps.onAlarm(alarm);
        }
      }
    },
    onReadings: (batch) => watch.take(batch, onLevel),
    acknowledge(id, by) {
      const source = open.sourceOf(id);
      if (source === undefined) return undefined;
      const before = open.of(source);
      return step(source, { kind: "acknowledge", timeUs: clock.nowUs(), by }) ?? before;
    },
    async run(signal) {
      while (await slept(clock, TICK_MS, signal)) watch.tick(clock.nowUs(), onLevel);
    },
  };
}
