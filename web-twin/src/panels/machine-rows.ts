import type { HealthState, MachineDto } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";

/** A machine as the list shows it. */
export interface MachineRow {
  readonly id: string;
  readonly name: string;
  readonly place: string;
  readonly health: HealthState;
  readonly state: string;
  /** "34", or how far the learning is. */
  readonly figure: string;
  /** All of it in one sentence. */
  readonly label: string;
  readonly selected: boolean;
}

function figureOf({ health }: MachineDto, format: Format): string {
  if (health.state === "learning") return format.percent(health.baselineProgress);
  return health.index === undefined ? "" : format.whole(health.index);
}

/** What a machine is called while nobody asks the network is worth less, and says so. */
export function stateText({ health, scores }: MachineDto, t: Translate): string {
  const state = t(`health.${health.state}`);
  const isDegraded = health.state !== "offline" && scores.some((score) => score.state === "degraded");
  return isDegraded ? t("health.thresholds", { state }) : state;
}

export function machineRows(
  machines: Iterable<MachineDto>,
  selected: string | undefined,
  t: Translate,
  format: Format,
): readonly MachineRow[] {
  return [...machines].map((machine) => {
    const { id, name, health, path } = machine;
    const state = stateText(machine, t);
    const label =
      health.index === undefined
        ? t("machines.label", { name, state })
        : t("machines.labelIndex", { name, state, index: format.whole(health.index) });
    return {
      id,
      name,
      place: `${path.area} / ${path.line}`,
      health: health.state,
      state,
      figure: figureOf(machine, format),
      label,
      selected: id === selected,
    };
  });
}
