import {
  type ExpandedLayout,
  type HealthState,
  type MachineDto,
  PointSeverity,
  PointState,
  type Reading,
} from "@stethos/edge-agent/core";
import type { PlantState } from "./plant-state.ts";
import type { PointStore } from "./points.ts";
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

/** A machine as the recording tells of it: the state that the scene draws, and its measurements. What is not recorded,
 *  such as its index and scores, is left out.
 *  @param asset index of the machine in the layout
 *  @param ms the replayed moment, since 1970 */
export function replayedMachine(
  machine: MachineDto,
  points: PointStore,
  asset: number | undefined,
  ms: number,
): MachineDto {
  const time = new Date(ms).toISOString();
  const rollUp = asset === undefined ? undefined : points.view()?.rollUp[asset];
  const { worst: _, ...rest } = machine;
  return {
    ...rest,
    health: { machine: machine.id, time, state: recordedHealth(rollUp), baselineProgress: 1 },
    scores: [],
    readings: recordedReadings(machine, points, time),
    openAlarms: 0,
  };
}

/** The store as it is seen beside a replay: the plant of the replayed moment, without alarms, whose past states the
 *  recording does not hold; else, and in everything else, the same. */
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
  const plantAt = (plant: PlantState, ms: number): PlantState => ({
    ...plant,
    alarms: new Map(),
    machines: new Map(
      [...plant.machines].map(([id, machine]) => [id, replayedMachine(machine, points, indexOf(id), ms)]),
    ),
  });

  return {
    ...store,
    view() {
      const view = store.view();
      if (view.replayMs === undefined) return view;
      const timeMs = points.view()?.timeMs;
      if (made?.of !== view || made.timeMs !== timeMs) {
        made = { of: view, timeMs, view: { ...view, plant: plantAt(view.plant, view.replayMs) } };
      }
      return made.view;
    },
  };
}
