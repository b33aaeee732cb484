import type { Machine } from "../core/machine.ts";
import { isUsable } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Tag } from "../core/tag.ts";

/** The newest shaft speed of each machine, in Hz. */
export interface ShaftSpeed {
  setMachines(machines: readonly Machine[], tags: readonly Tag[]): void;
  onReadings(batch: ReadingBatch): void;
  /** 0 where it is unknown: no tag, no nominal speed, or the tag's newest reading is bad. */
  of(machine: string): number;
}

export function createShaftSpeed(): ShaftSpeed {
  const bySpeedTag = new Map<number, { readonly machine: string; readonly toHz: number }[]>();
  const speeds = new Map<string, number>();
  return {
    setMachines(machines, tags) {
      bySpeedTag.clear();
      const known = new Map(speeds);
      speeds.clear();
      for (const machine of machines) {
        const index = tags.findIndex((tag) => tag.id === machine.speedTag);
        if (index >= 0) {
          const followers = bySpeedTag.get(index) ?? [];
          followers.push({ machine: machine.id, toHz: machine.speedToHz ?? 1 });
          bySpeedTag.set(index, followers);
        }
        speeds.set(machine.id, machine.nominalShaftHz ?? known.get(machine.id) ?? 0);
      }
    },
    onReadings(batch) {
      if (bySpeedTag.size === 0) return;
      for (let i = 0; i < batch.count; i += 1) {
        const followers = bySpeedTag.get(batch.tag[i] ?? -1);
        if (followers === undefined) continue;
        const value = batch.value[i] ?? Number.NaN;
        const isKnown = isUsable(batch.status[i] ?? 0) && Number.isFinite(value);
        for (const { machine, toHz } of followers) speeds.set(machine, isKnown ? Math.abs(value * toHz) : 0);
      }
    },
    of: (machine) => speeds.get(machine) ?? 0,
  };
}
