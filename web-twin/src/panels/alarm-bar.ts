import { type AlarmDto, PRIORITIES } from "@stethos/edge-agent/core";
import { PRIORITY_ICONS } from "../dom/alarm-icons.ts";
import { element, setAttribute, setText } from "../dom/element.ts";
import { drawnIcon } from "../dom/icon.ts";
import { reasonText } from "../i18n/words.ts";
import { createFloodWatch } from "../state/alarm-groups.ts";
import { alarmTotals, mostUrgentUnacknowledged, priorityOf } from "../state/alarm-order.ts";
import type { AlarmSound } from "../state/alarm-sound.ts";
import type { Panel, PanelDeps } from "./panel.ts";

const MUTE_MS = 600_000;

function createSoundButtons({ t, format, now }: PanelDeps, sound: AlarmSound) {
  const onOff = element("button", { type: "button", class: "action", "data-sound": true });
  const mute = element("button", { type: "button", class: "action", "data-mute": true });
  const show = (): void => {
    const isOn = sound.isOn();
    const until = sound.mutedUntil();
    setText(onOff, t(isOn ? "alarm.soundOn" : "alarm.soundOff"));
    setAttribute(onOff, "aria-pressed", String(isOn));
    mute.hidden = !isOn;
    mute.disabled = until !== undefined;
    setText(
      mute,
      until === undefined ? t("alarm.mute") : t("alarm.muted", { time: format.time(until, now()) }),
    );
  };
  onOff.addEventListener("click", () => {
    sound.turn(!sound.isOn());
    show();
  });
  mute.addEventListener("click", () => {
    sound.muteFor(MUTE_MS);
    show();
  });
  show();
  return { elements: [onOff, mute], show };
}

interface AlarmBarEvents {
  readonly sound: AlarmSound;
  readonly next: () => void;
  readonly show: (alarm: AlarmDto) => void;
}

/** Always on the screen, on one line: what to acknowledge first, how much there is, whether it is a flood. */
export function createAlarmBar(deps: PanelDeps, { sound, next, show }: AlarmBarEvents): Panel {
  const { t, format, store, now } = deps;
  const watch = createFloodWatch();
  const icon = element("span", { class: "row-icon" });
  const text = element("span", { class: "bar-text" });
  const first = element("button", { type: "button", class: "bar-alarm" }, icon, text);
  const counts = PRIORITIES.map((priority) => {
    const figure = element("span", { "aria-hidden": "true" });
    const words = element("span", { class: "unseen" });
    const chip = element("li", { class: "chip count", "data-count": priority }, figure, words);
    chip.prepend(drawnIcon(PRIORITY_ICONS[priority]));
    return { priority, figure, words, chip };
  });
  const open = element("span", { class: "chip count", "data-count": "unacknowledged" });
  const flood = element("strong", { class: "chip flood", role: "status", hidden: true });
  const onward = element("button", { type: "button", class: "action", "data-next": true }, t("alarm.next"));
  const buttons = createSoundButtons(deps, sound);
  let shown: string | undefined;

  first.addEventListener("click", () => {
    const alarm = store.view().plant.alarms.get(shown ?? "");
    if (alarm !== undefined) show(alarm);
  });
  onward.addEventListener("click", next);

  const showFirst = (): void => {
    const { plant } = store.view();
    const alarm = mostUrgentUnacknowledged(plant.alarms.values());
    shown = alarm?.id;
    first.disabled = alarm === undefined;
    const priority = alarm === undefined ? undefined : priorityOf(alarm);
    if (first.dataset["priority"] !== priority) {
      icon.replaceChildren(...(priority === undefined ? [] : [drawnIcon(PRIORITY_ICONS[priority])]));
    }
    setAttribute(first, "data-priority", priority);
    setText(
      text,
      alarm === undefined
        ? t("alarm.quiet")
        : t("alarm.barText", {
            priority: t(`alarm.priority.${priorityOf(alarm)}`),
            machine: deps.nameOf(alarm.machine),
            reason: reasonText(t, alarm),
            age: format.ago(now() - Date.parse(alarm.raisedTime)),
          }),
    );
  };
  const render = (): void => {
    const { alarms } = store.view().plant;
    showFirst();
    const totals = alarmTotals(alarms.values());
    for (const { priority, figure, words, chip } of counts) {
      const n = totals.byPriority[priority];
      setText(figure, String(n));
      setText(words, t("alarm.count", { priority: t(`alarm.priority.${priority}`), n }));
      setAttribute(chip, "data-some", n > 0);
    }
    setText(open, t("count.unacknowledged", { n: totals.unacknowledged }));
    setAttribute(open, "data-some", totals.unacknowledged > 0);
    const inFlood = watch.look(alarms.values(), now());
    flood.hidden = inFlood === 0;
    setText(flood, inFlood === 0 ? "" : t("alarm.flood", { n: inFlood }));
    buttons.show();
  };

  return {
    element: element(
      "section",
      { class: "alarm-bar", "aria-label": t("alarm.bar") },
      first,
      flood,
      element("ul", { class: "counts", "aria-label": t("alarm.counts") }, ...counts.map(({ chip }) => chip)),
      open,
      onward,
      ...buttons.elements,
    ),
    show(_, changes) {
      if (changes.alarms || changes.structure) render();
    },
    tick: render,
    dispose() {},
  };
}
