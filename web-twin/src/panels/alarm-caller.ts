import { createAnnouncer } from "../state/alarm-announcer.ts";
import { type AlarmSound, createAlarmSound } from "../state/alarm-sound.ts";
import { createFreshAlarms } from "../state/fresh-alarms.ts";
import type { View } from "../state/store.ts";
import { freshText } from "./alarm-fresh.ts";
import { createTonePlayer } from "./alarm-tone.ts";
import type { PanelDeps } from "./panel.ts";

/** Says what is new: to the ear, and to screen readers. */
export interface AlarmCaller {
  readonly sound: AlarmSound;
  call(view: View): void;
  dispose(): void;
}

/** @param announce read out by screen readers */
export function createAlarmCaller(
  { store, timers, settings, now, t, nameOf }: PanelDeps,
  announce: (text: string) => void,
): AlarmCaller {
  const fresh = createFreshAlarms();
  const announcer = createAnnouncer(timers, announce, (n) => t("alarm.many", { n }));
  const play = createTonePlayer(() => new AudioContext());
  const sound = createAlarmSound({ timers, settings, now, play });
  // Another language is no news: what stood before was announced before.
  const { alarms: standing } = store.view().plant;
  fresh.take(standing.values());
  if (standing.size > 0) sound.hear(standing.values());
  return {
    sound,
    call({ plant }) {
      announcer.add(fresh.take(plant.alarms.values()).map((alarm) => freshText(alarm, { t, nameOf })));
      sound.hear(plant.alarms.values());
    },
    dispose() {
      announcer.dispose();
      sound.dispose();
    },
  };
}
