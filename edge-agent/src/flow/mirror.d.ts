import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { Machine } from "../core/machine.ts";
import { type ReadingBatch } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";
import type { Waveform } from "../core/waveform.ts";
import type { AgentStatus, Plant } from "../ports/plant.ts";
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
export declare function createMirror(deps: MirrorDeps): Mirror;
