import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { Machine } from "../core/machine.ts";
import type { Reading } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { Waveform } from "../core/waveform.ts";
import type { ModelContract } from "./scorer.ts";

/** One thing that changed; the newest of each subject is what a screen needs. */
export type PlantChange =
  | { readonly kind: "reading"; readonly tag: number }
  | { readonly kind: "score"; readonly score: Score }
  | { readonly kind: "health"; readonly health: Health }
  | { readonly kind: "alarm"; readonly alarm: Alarm };

export interface AgentStatus {
  readonly version: string;
  readonly startedUs: number;
  readonly model: Pick<ModelContract, "name" | "version">;
  readonly devices: readonly {
    readonly name: string;
    readonly up: boolean;
    readonly reason: string;
    readonly since: number;
  }[];
  /** What the flows counted since the start, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

/** The agent as its screens see it: the newest state, and the few commands an operator may give. */
export interface Plant {
  readonly machines: readonly Machine[];
  readonly tags: readonly Tag[];
  newestReading(tag: number): Reading | undefined;
  newestScore(sensor: string): Score | undefined;
  newestWaveform(sensor: string): Waveform | undefined;
  health(machine: string): Health;
  /** Open alarms and those cleared lately, newest first. */
  alarms(): readonly Alarm[];
  status(): AgentStatus;
  /** Calls back on every change until the returned function is called. */
  subscribe(listener: (change: PlantChange) => void): () => void;
  /** @returns the alarm's new state, or undefined where there is no such open alarm */
  acknowledge(alarm: string, by: string): Alarm | undefined;
  /** Forgets the baselines of a machine; learning starts again. False where there is no such machine. */
  relearn(machine: string, by: string): boolean;
}
