import {
  type ExpandedLayout,
  type HealthState,
  type MachineDto,
  PointSeverity,
  PointState,
  type Reading,
} from "@stethos/edge-agent/core";
import { isOpen } from "./alarm-order.ts";
import type { PlantState } from "./plant-state.ts";
import type { PointStore } from "./points.ts";
import { alarmsAt, indexAt, type Recorded } from "./recorded.ts";
import type { Store, View } from "./store.ts";

const UNTOLD = PointState.outOfService | PointState.silenced;

/** What the scene draws of an asset, in the words that machines have. Learning, offline and faults of sensors are recorded
 *  nowhere: an asset without a good value is one of which nothing is known. */
export function recordedHealth(rollUp: number | undefined): HealthState {
  if (rollUp === undefined || (rollUp & UNTOLD) !== 0) return "unknown";
  const severity = rollUp & PointState.severity;
  if (severity === PointSeverity.alarm) return "alarm";
  if (severity === PointSeverity.warning) return "warning";
  return (rollUp & PointState.stale) === 0 ? "healthy" : "unknown";
}

function recordedReadings({ tags }: MachineDto, points: PointStore, time: string): readonly Reading[] {
  const readings: Reading[] = [];
  for (const { id, unit } of tags) {
    const point = points.find(id);
    const value = point === undefined ? undefined : points.valueOf(point);
    if (point === undefined || value === undefined) continue;
    if (((points.view()?.state[point] ?? 0) & PointState.stale) !== 0) continue;
    readings.push({
      tag: id,
      value,
      unit,
      quality: "good",
      statusCode: 0,
      status: "Good",
      sourceTime: time,
      agentTime: time,
      sequence: 0,
      device: "",
      protocol: "auto",
      address: "",
    });
  }
  return readings;
}

interface Moment {
  /** Since 1970. */
  readonly ms: number;
  /** Alarms that were open, by machine. */
  readonly open: ReadonlyMap<string, number>;
  readonly health: Recorded["health"];
}

/** A machine as the recording tells of it: the state that the scene draws, its index, alarms and measurements. What is not
 *  recorded, such as its scores, is left out.
 *  @param asset index of the machine in the layout */
function replayedMachine(
  machine: MachineDto,
  points: PointStore,
  asset: number | undefined,
  { ms, open, health }: Moment,
): MachineDto {
  const time = new Date(ms).toISOString();
  const rollUp = asset === undefined ? undefined : points.view()?.rollUp[asset];
  const line = health.get(machine.id);
  const index = line === undefined ? undefined : indexAt(line, ms);
  const { worst: _, ...rest } = machine;
  return {
    ...rest,
    health: {
      machine: machine.id,
      time,
      state: recordedHealth(rollUp),
      baselineProgress: 1,
      ...(index === undefined ? {} : { index }),
    },
    scores: [],
    readings: recordedReadings(machine, points, time),
    openAlarms: open.get(machine.id) ?? 0,
  };
}

/** The store as it is seen beside a replay: the plant of the replayed moment; else, and in everything else, the same. */
export function createReplayedStore(store: Store, points: PointStore): Store {
  let made: { readonly of: View; readonly timeMs: number | undefined; readonly view: View } | undefined;
  let known: { readonly layout: ExpandedLayout; readonly indexOf: ReadonlyMap<string, number> } | undefined;

  const indexOf = (id: string): number | undefined => {
    const layout = points.view()?.layout;
    if (layout === undefined) return undefined;
    if (known?.layout !== layout) {
      known = { layout, indexOf: new Map(layout.layout.assets.map((asset, a) => [asset.id, a])) };
    }
    return known.indexOf.get(id);
  };
  const plantAt = (plant: PlantState, ms: number, recorded: Recorded | undefined): PlantState => {
    const alarms = alarmsAt(recorded?.alarms ?? [], ms);
    const open = new Map<string, number>();
    for (const alarm of alarms.values()) {
      if (isOpen(alarm)) open.set(alarm.machine, (open.get(alarm.machine) ?? 0) + 1);
    }
    const moment = { ms, open, health: recorded?.health ?? new Map() };
    const machines = [...plant.machines].map(
      ([id, machine]) => [id, replayedMachine(machine, points, indexOf(id), moment)] as const,
    );
    return { ...plant, alarms, machines: new Map(machines) };
  };

  return {
    ...store,
    // One that is over cannot be chosen: the live plant does not know it.
    selectAlarm(id) {
      if (store.view().plant.alarms.has(id)) store.selectAlarm(id);
    },
    view() {
      const view = store.view();
      if (view.replayMs === undefined) return view;
      const timeMs = points.view()?.timeMs;
      if (made?.of !== view || made.timeMs !== timeMs) {
        made = {
          of: view,
          timeMs,
          view: { ...view, plant: plantAt(view.plant, view.replayMs, view.recorded) },
        };
      }
      return made.view;
    },
  };
}
