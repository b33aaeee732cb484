import type { MachineDto, ScoreDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList } from "../dom/keyed-list.ts";
import type { Panel, PanelDeps } from "./panel.ts";

interface SensorRow {
  readonly id: string;
  readonly name: string;
  readonly score: ScoreDto | undefined;
}

const rowsOf = ({ sensors, scores }: MachineDto): readonly SensorRow[] =>
  sensors.map(({ id, name }) => ({ id, name, score: scores.find(({ sensor }) => sensor === id) }));

/** Whether each of the chosen machine's sensors can be believed, in words. */
export function createValidityPanel({ t, format, now }: PanelDeps): Panel {
  const list = element("ul", { class: "validity" });
  const rows = createKeyedList<SensorRow>(
    list,
    ({ id }) => id,
    ({ name }) => {
      const state = element("span", { class: "validity-state" });
      const row = element("li", {}, element("span", {}, name), state);
      return {
        element: row,
        update({ score }) {
          setAttribute(
            row,
            "data-valid",
            score === undefined ? undefined : String(score.sensorState === "valid"),
          );
          const text =
            score === undefined
              ? t("validity.unheard")
              : t("validity.since", {
                  state: t(`sensorState.${score.sensorState}`),
                  age: format.ago(now() - Date.parse(score.time)),
                });
          setText(state, text);
        },
      };
    },
  );
  let machine: MachineDto | undefined;
  const draw = (): void => rows.show(machine === undefined ? [] : rowsOf(machine));
  return {
    element: element(
      "section",
      { class: "block", "aria-labelledby": "validity-title" },
      element("h3", { id: "validity-title" }, t("validity.title")),
      list,
    ),
    show({ plant, selection }) {
      machine = plant.machines.get(selection.machine ?? "");
      draw();
    },
    tick: draw,
    dispose() {},
  };
}
