import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "./random.ts";
import type { Vibration } from "./vibration.ts";

interface Manifest {
  readonly recordings: readonly {
    readonly id: string;
    readonly file: string;
    readonly sampleRateHz: number;
    readonly rpm: number;
  }[];
}

/** Real recordings of a bearing rig (folder "uestc" of the data folder) in the place of the generator. */
export interface Recordings {
  readonly sampleRateHz: number;
  /** @param healthy ids of recordings of one condition: the first while the agent learns, all of them afterwards
   *  @param damaged id of the recording that the machine turns into */
  play(healthy: readonly string[], damaged: string | undefined, seed: number): Vibration;
}

/** @returns undefined when `folder` holds no such recordings */
export function openRecordings(folder: string): Recordings | undefined {
  const manifestFile = join(folder, "uestc/manifest.json");
  if (!existsSync(manifestFile)) return undefined;
  const manifest = JSON.parse(readFileSync(manifestFile, "utf8")) as Manifest;
  const load = (id: string): Float32Array => {
    const entry = manifest.recordings.find((recording) => recording.id === id);
    if (entry === undefined) throw new RangeError(`${manifestFile} has no recording "${id}"`);
    const bytes = readFileSync(join(folder, "uestc", entry.file));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  };
  return {
    sampleRateHz: manifest.recordings[0]?.sampleRateHz ?? 20_000,
    play(healthyIds, damagedId, seed) {
      const random = createRandom(seed);
      const healthy = healthyIds.map(load);
      const damaged = damagedId === undefined ? undefined : load(damagedId);
      // A piece from anywhere: a loop would repeat itself, and no machine does.
      const piece = (recording: Float32Array, samples: number) => {
        const start = Math.floor(random.uniform() * (recording.length - samples));
        return recording.slice(start, start + samples);
      };
      let blocks = 0;
      return {
        next(samples, severity) {
          blocks += 1;
          const choice = blocks <= 30 ? 0 : Math.floor(random.uniform() * healthy.length);
          const block = piece(healthy[choice] ?? new Float32Array(samples), samples);
          if (damaged === undefined || severity === 0) return block;
          const other = piece(damaged, samples);
          return block.map((value, i) => value * (1 - severity) + (other[i] ?? 0) * severity);
        },
      };
    },
  };
}
