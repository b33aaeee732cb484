import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { Machine } from "../core/machine.ts";
import { type Reading, type ReadingBatch, readingAt } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";
import type { Waveform } from "../core/waveform.ts";
import type { AgentStatus, Plant, PlantChange } from "../ports/plant.ts";

/** The newest state of everything, for the screens; written by the flows, read through the Plant port. */
export interface Mirror extends Plant {
  onReadings(batch: ReadingBatch): void;
  onWaveform(sensor: string, waveform: Waveform): void;
  onScore(score: Score): void;
  onHealth(health: Health): void;
  onAlarm(alarm: Alarm): void;
  onLink(device: string, up: boolean, reason: string): void;
  /** The tables after a reload; indices that were given out stay as they are. */
  setPlant(machines: readonly Machine[], tags: readonly Tag[], devices: readonly string[]): void;
}

export interface MirrorDeps {
  nowUs(): TimeUs;
  counters(): Readonly<Record<string, number>>;
  acknowledge(alarm: string, by: string): Alarm | undefined;
  relearn(machine: string, by: string): boolean;
  readonly about: Pick<AgentStatus, "version" | "startedUs" | "model">;
}

// Cleared alarms that stay on the list for a while, so that a screen that was away sees them.
const CLEARED_KEPT = 100;

export function createMirror(deps: MirrorDeps): Mirror {
  let machines: readonly Machine[] = [];
  let tags: readonly Tag[] = [];
  // Newest row of each tag: the batch and the row in it. A Reading is made only when somebody looks.
  const batches: (ReadingBatch | undefined)[] = [];
  let rows = new Uint32Array(0);
  const waveforms = new Map<string, Waveform>();
  const scores = new Map<string, Score>();
  const healths = new Map<string, Health>();
  const alarms = new Map<string, Alarm>();
  const links = new Map<string, { up: boolean; reason: string; since: number }>();
  const listeners = new Set<(change: PlantChange) => void>();

  function tell(change: PlantChange): void {
    for (const listener of listeners) listener(change);
  }

  function forgetOldAlarms(): void {
    const closed = [...alarms.values()].filter((alarm) => alarm.state === "normal");
    for (const alarm of closed.slice(0, Math.max(0, closed.length - CLEARED_KEPT))) alarms.delete(alarm.id);
  }

  return {
    get machines() {
      return machines;
    },
    get tags() {
      return tags;
    },
    setPlant(newMachines, newTags, devices) {
      machines = newMachines;
      tags = newTags;
      const wider = new Uint32Array(tags.length);
      wider.set(rows.subarray(0, tags.length));
      rows = wider;
      for (const device of [...links.keys()]) if (!devices.includes(device)) links.delete(device);
      for (const device of devices) {
        if (!links.has(device))
          links.set(device, { up: false, reason: "not tried yet", since: deps.nowUs() });
      }
    },
    onReadings(batch) {
      for (let i = 0; i < batch.count; i += 1) {
        const tag = batch.tag[i] ?? 0;
        batches[tag] = batch;
        rows[tag] = i;
        if (listeners.size > 0) tell({ kind: "reading", tag });
      }
    },
    onWaveform: (sensor, waveform) => void waveforms.set(sensor, waveform),
    onScore(score) {
      scores.set(score.sensor, score);
      tell({ kind: "score", score });
    },
    onHealth(health) {
      healths.set(health.machine, health);
      tell({ kind: "health", health });
    },
    onAlarm(alarm) {
      // Re-inserted, so that the order of the map is the order of change.
      alarms.delete(alarm.id);
      alarms.set(alarm.id, alarm);
      forgetOldAlarms();
      tell({ kind: "alarm", alarm });
    },
    onLink: (device, up, reason) => void links.set(device, { up, reason, since: deps.nowUs() }),
    newestReading(tag): Reading | undefined {
      const batch = batches[tag];
      return batch === undefined ? undefined : readingAt(batch, rows[tag] ?? 0, tags);
    },
    newestScore: (sensor) => scores.get(sensor),
    newestWaveform: (sensor) => waveforms.get(sensor),
    health: (machine) =>
      healths.get(machine) ?? { machine, timeUs: deps.nowUs(), state: "unknown", baselineProgress: 0 },
    alarms: () => [...alarms.values()].sort((a, b) => b.raisedUs - a.raisedUs),
    status: () => ({
      ...deps.about,
      devices: [...links].map(([name, link]) => ({ name, ...link })),
      counters: deps.counters(),
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    acknowledge: deps.acknowledge,
    relearn: deps.relearn,
  };
}
