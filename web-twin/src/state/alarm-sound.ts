import type { AlarmDto, Priority } from "@stethos/edge-agent/core";
import { PRIORITIES } from "@stethos/edge-agent/core";
import type { Settings } from "../platform.ts";
import type { Timers } from "../stream/timers.ts";
import { isActive, isUnacknowledged, priorityOf } from "./alarm-order.ts";
import { createFreshAlarms } from "./fresh-alarms.ts";

/** A critical alarm calls again until somebody acknowledges it, slowly enough to think in between. */
const REPEAT_MS = 15_000;
/** A flood is one noise, not a hundred. */
const LEAST_GAP_MS = 2_000;

export interface AlarmSound {
  isOn(): boolean;
  /** The choice is kept on this screen; off until somebody chose. */
  turn(on: boolean): void;
  /** @returns ms since 1970; undefined: it may be heard */
  mutedUntil(): number | undefined;
  muteFor(ms: number): void;
  /** Sounds for what is new among the alarms. */
  hear(alarms: Iterable<AlarmDto>): void;
  dispose(): void;
}

interface SoundDeps {
  readonly timers: Timers;
  readonly settings: Settings;
  readonly now: () => number;
  readonly play: (priority: Priority) => void;
}

const calling = (alarm: AlarmDto): boolean => isActive(alarm) && isUnacknowledged(alarm);

const highest = (alarms: readonly AlarmDto[]): Priority | undefined =>
  PRIORITIES.find((priority) => alarms.some((alarm) => priorityOf(alarm) === priority));

export function createAlarmSound({ timers, settings, now, play }: SoundDeps): AlarmSound {
  const fresh = createFreshAlarms();
  let isFirst = true;
  let critical = false;
  let playedMs = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;

  const isOn = (): boolean => settings.get("sound") === "on";
  const mutedUntil = (): number | undefined => {
    const until = Number(settings.get("sound-muted-until") ?? 0);
    return until > now() ? until : undefined;
  };
  const sound = (priority: Priority): void => {
    if (!isOn() || mutedUntil() !== undefined || timers.now() - playedMs < LEAST_GAP_MS) return;
    playedMs = timers.now();
    play(priority);
  };
  const repeat = (): void => {
    cancel = undefined;
    if (!critical) return;
    sound("critical");
    cancel = timers.after(REPEAT_MS, repeat);
  };

  return {
    isOn,
    turn(on) {
      settings.set("sound", on ? "on" : "off");
      // Who turns it on hears at once what to listen for.
      if (on) play("low");
    },
    mutedUntil,
    muteFor: (ms) => settings.set("sound-muted-until", String(now() + ms)),
    hear(alarms) {
      const all = [...alarms];
      const news = highest(fresh.take(all));
      critical = all.some((alarm) => calling(alarm) && priorityOf(alarm) === "critical");
      if (news !== undefined && !isFirst) sound(news);
      isFirst = false;
      if (critical && cancel === undefined) cancel = timers.after(REPEAT_MS, repeat);
    },
    dispose() {
      cancel?.();
    },
  };
}
