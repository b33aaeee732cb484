import type { MachineDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList } from "../dom/keyed-list.ts";
import { factList } from "./fact-list.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { ANOMALY_LIMIT, type Vote, type Why, whyOf } from "./why-rows.ts";

function createVoteList() {
  const list = element("ul", { class: "votes" });
  const rows = createKeyedList<Vote>(
    list,
    ({ name }) => name,
    ({ name }) => {
      const verdict = element("span", { class: "verdict" });
      const row = element("li", {}, element("span", {}, name), verdict);
      return {
        element: row,
        update(vote) {
          setAttribute(row, "data-unusual", vote.unusual);
          setText(verdict, vote.verdict);
        },
      };
    },
  );
  return { element: list, show: rows.show };
}

/** Why the chosen sensor is judged as it is: the three checks, and what physics says of the window. */
export function createWhyPanel({ store, t, format }: PanelDeps): Panel {
  const sensors = element("select", { "aria-label": t("detail.sensor"), "data-sensor": true });
  const note = element("p", { class: "note" });
  const anomaly = element("p", { class: "anomaly" });
  const bar = element("div", { class: "bar", "aria-hidden": "true" }, element("div", { class: "bar-fill" }));
  bar.style.setProperty("--limit", `${ANOMALY_LIMIT * 100}%`);
  const votes = createVoteList();
  const hint = element("p", { class: "hint" });
  const facts = factList();

  sensors.addEventListener("change", () => store.selectSensor(sensors.value));

  const showSensors = (machine: MachineDto, selected: string | undefined): void => {
    const ids = machine.sensors.map(({ id }) => id).join("\n");
    if (sensors.dataset["ids"] !== ids) {
      sensors.dataset["ids"] = ids;
      sensors.replaceChildren(
        ...machine.sensors.map(({ id, name }) => element("option", { value: id }, name)),
      );
    }
    sensors.hidden = machine.sensors.length < 2;
    if (selected !== undefined) sensors.value = selected;
  };

  const showWhy = (why: Why | undefined): void => {
    note.hidden = why !== undefined && why.note === undefined;
    setText(note, why === undefined ? t("why.none") : (why.note ?? ""));
    const judged = why?.anomaly;
    anomaly.hidden = judged === undefined;
    bar.hidden = judged === undefined;
    if (judged !== undefined) {
      const limit = t("why.anomalyLimit", { limit: format.number(ANOMALY_LIMIT) });
      setText(anomaly, `${t("why.anomaly")}: ${judged.text} (${limit})`);
      bar.style.setProperty("--share", `${judged.share * 100}%`);
      setAttribute(bar, "data-over", judged.share >= ANOMALY_LIMIT);
    }
    votes.element.hidden = (why?.votes.length ?? 0) === 0;
    votes.show(why?.votes ?? []);
    hint.hidden = why?.hint === undefined;
    setText(hint, why?.hint ?? "");
    facts.show(why?.facts ?? []);
  };

  return {
    element: element(
      "section",
      { class: "block", "aria-labelledby": "why-title" },
      element("div", { class: "block-head" }, element("h3", { id: "why-title" }, t("why.title")), sensors),
      note,
      anomaly,
      bar,
      votes.element,
      hint,
      facts.element,
    ),
    show({ plant, selection }) {
      const machine = plant.machines.get(selection.machine ?? "");
      if (machine === undefined) return;
      showSensors(machine, selection.sensor);
      const score = machine.scores.find(({ sensor }) => sensor === selection.sensor);
      const unit = machine.tags.find(({ id }) => id === selection.sensor)?.unit ?? "1";
      showWhy(score === undefined ? undefined : whyOf(score, unit, t, format));
    },
    tick() {},
    dispose() {},
  };
}
