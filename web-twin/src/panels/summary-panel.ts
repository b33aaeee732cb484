import type { MachineDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { iconElement } from "../dom/icon.ts";
import { alarmStateText, errorText, reasonText } from "../i18n/words.ts";
import { LOOKS } from "../scene/look.ts";
import { shownAlarm } from "../state/selection.ts";
import { sinceText } from "./alarm-rows.ts";
import { labelAlarm } from "./label-alarm.ts";
import { createLabelButtons } from "./label-buttons.ts";
import { stateText } from "./machine-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** Who the chosen machine is, how well it is, and which alarm stands. */
export function createSummaryPanel(deps: PanelDeps): Panel {
  const { store, t, format, now } = deps;
  const abort = new AbortController();
  const icon = element("span", { class: "big-icon" });
  const name = element("h2", { id: "detail-title" });
  const path = element("p", { class: "path" });
  const state = element("p", { class: "state" });
  const what = element("p", { class: "what" });
  const index = element("p", { class: "index" });
  const gauge = element(
    "div",
    { class: "gauge", role: "meter", "aria-valuemin": "0", "aria-valuemax": "100" },
    element("div", { class: "gauge-fill" }),
  );
  const reason = element("p", { class: "reason" });
  const since = element("p", { class: "alarm-since" });
  const alarmState = element("p", { class: "alarm-state" });
  const labels = createLabelButtons(deps, async (verdict) => {
    const { plant, selection } = store.view();
    const alarm = shownAlarm(plant, selection);
    if (alarm === undefined) return;
    const result = await labelAlarm(alarm.id, verdict, deps, abort.signal);
    if (abort.signal.aborted) return;
    problem.hidden = result.kind === "done";
    if (result.kind === "nameless") setText(problem, t("alarms.byMissing"));
    if (result.kind === "failed") setText(problem, t("label.failed", { why: errorText(t, result.error) }));
  });
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const question = element(
    "div",
    { "data-unrecorded": true },
    element("p", { class: "label-question" }, t("label.alarm")),
    labels.element,
    problem,
  );
  const alarmBlock = element("div", { class: "alarm-block" }, reason, since, alarmState, question);

  const showAlarm = (): void => {
    const { plant, selection } = store.view();
    const alarm = shownAlarm(plant, selection);
    alarmBlock.hidden = alarm === undefined;
    if (alarm === undefined) return;
    setAttribute(alarmBlock, "data-severity", alarm.severity);
    setText(reason, reasonText(t, alarm));
    setText(since, sinceText(alarm, t, format, now()));
    setText(alarmState, alarmStateText(t, alarm));
    labels.show(store.view().labels.get(alarm.id), (verdict) => verdict);
    if (alarmBlock.dataset["of"] !== alarm.id) problem.hidden = true;
    alarmBlock.dataset["of"] = alarm.id;
  };

  const showHealth = (machine: MachineDto): void => {
    const { health } = machine;
    const look = LOOKS[health.state];
    if (icon.dataset["health"] !== health.state) icon.replaceChildren(iconElement(look.icon, look.colour));
    icon.dataset["health"] = health.state;
    setText(state, stateText(machine, t));
    const isReplay = store.view().replayMs !== undefined;
    const percent = format.percent(health.baselineProgress);
    setText(what, isReplay ? t("replay.recorded") : t(`health.${health.state}.what`, { percent }));
    const known = health.index;
    gauge.hidden = known === undefined;
    setAttribute(gauge, "aria-valuenow", String(known ?? 0));
    gauge.style.setProperty("--share", `${known ?? 0}%`);
    gauge.style.setProperty("--colour", look.colour);
    const none = t(isReplay ? "replay.noIndex" : "detail.noIndex");
    const text = known === undefined ? none : t("detail.indexOf", { index: format.whole(known) });
    setAttribute(gauge, "aria-label", `${t("detail.index")}: ${text}`);
    setText(index, `${t("detail.index")}: ${text}`);
  };

  return {
    element: element(
      "div",
      { class: "summary" },
      element("div", { class: "summary-head" }, icon, element("div", {}, name, path)),
      state,
      what,
      index,
      gauge,
      alarmBlock,
    ),
    show({ plant, selection }) {
      const machine = plant.machines.get(selection.machine ?? "");
      if (machine === undefined) return;
      setText(name, machine.name);
      const { site, area, line, cell } = machine.path;
      setText(path, [site, area, line, cell].join(" / "));
      showHealth(machine);
      showAlarm();
    },
    tick: showAlarm,
    dispose() {
      abort.abort();
    },
  };
}
