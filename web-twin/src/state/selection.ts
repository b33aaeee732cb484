import type { AlarmDto, HealthState } from "@stethos/edge-agent/core";
import { worstOpenAlarm } from "./alarm-order.ts";
import type { PlantState } from "./plant-state.ts";

/** What the operator looks at. */
export interface Selection {
  /** A machine that is listened to. */
  readonly machine?: string;
  /** The asset of the layout: the machine's, or one that nobody listens to. */
  readonly asset?: string;
  /** Tag of a point. */
  readonly point?: string;
  readonly sensor?: string;
  readonly alarm?: string;
}

/** A machine, seen through the sensor of its worst open alarm, else through the one with the highest score. */
export function selectMachine(plant: PlantState, id: string): Selection {
  const machine = plant.machines.get(id);
  if (machine === undefined) return {};
  const alarm = worstOpenAlarm(plant.alarms.values(), id);
  const highest = [...machine.scores].sort((a, b) => b.anomaly - a.anomaly)[0];
  const sensor = alarm?.sensor ?? highest?.sensor ?? machine.sensors[0]?.id;
  return {
    machine: id,
    asset: id,
    ...(sensor === undefined ? {} : { sensor }),
    ...(alarm === undefined ? {} : { alarm: alarm.id }),
  };
}

/** The alarm that the chosen machine's panels speak of: the chosen one, else the machine's worst open one. */
export function shownAlarm(plant: PlantState, selection: Selection): AlarmDto | undefined {
  const chosen = plant.alarms.get(selection.alarm ?? "");
  return chosen ?? worstOpenAlarm(plant.alarms.values(), selection.machine ?? "");
}

export function selectAlarm(plant: PlantState, id: string): Selection {
  const alarm = plant.alarms.get(id);
  if (alarm === undefined) return {};
  const isHeard = plant.machines.has(alarm.machine);
  return {
    ...(isHeard ? { machine: alarm.machine, sensor: alarm.sensor } : { point: alarm.sensor }),
    asset: alarm.machine,
    alarm: id,
  };
}

/** An asset of the layout: with what is heard of it where it is a machine. */
export function selectAsset(plant: PlantState, id: string): Selection {
  return plant.machines.has(id) ? selectMachine(plant, id) : { asset: id };
}

/** A point, with the asset that its tag belongs to. */
export function selectPoint(plant: PlantState, tag: string): Selection {
  return { ...selectAsset(plant, tag.slice(0, tag.lastIndexOf("/"))), point: tag };
}

const WORST_FIRST: readonly HealthState[] = [
  "alarm",
  "warning",
  "sensor-fault",
  "offline",
  "learning",
  "unknown",
  "healthy",
];

/** Where to look before anyone chose: at the machine that is worst off. */
export function firstSelection(plant: PlantState): Selection {
  const machines = [...plant.machines.values()];
  for (const state of WORST_FIRST) {
    const found = machines.find((machine) => machine.health.state === state);
    if (found !== undefined) return selectMachine(plant, found.id);
  }
  return {};
}

/** The same selection after the plant changed: without what is no longer there. */
export function stillThere(plant: PlantState, selection: Selection): Selection {
  if (selection.machine === undefined && (plant.machines.size === 0 || selection.asset !== undefined)) {
    return selection;
  }
  if (selection.machine === undefined || !plant.machines.has(selection.machine)) return firstSelection(plant);
  if (selection.alarm === undefined || plant.alarms.has(selection.alarm)) return selection;
  return selectMachine(plant, selection.machine);
}
