import type { Diagnosis, Fingerprint } from "@stethos/protocol-finger";
import type { Alarm, Inhibit } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { InhibitCommand, InhibitRefusal } from "../core/inhibit.ts";
import type { Machine } from "../core/machine.ts";
import type { Reading } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Protocol, Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";
import type { Waveform } from "../core/waveform.ts";
import type { DrivenProfile } from "./identify.ts";

/** One thing that changed; the newest of each subject is what a screen needs. */
export type PlantChange =
  | { readonly kind: "reading"; readonly tag: number }
  | { readonly kind: "score"; readonly score: Score }
  | { readonly kind: "health"; readonly health: Health }
  | { readonly kind: "alarm"; readonly alarm: Alarm };

/** One device and what is known of it. */
export interface DeviceState {
  readonly name: string;
  /** As configured. */
  readonly protocol: Protocol;
  readonly up: boolean;
  readonly reason: string;
  /** When it went up or down. */
  readonly since: TimeUs;
  /** How many tags it has, and of how many the newest value can be used. */
  readonly tags: { readonly total: number; readonly good: number };
  /** Of devices whose protocol is left open. */
  readonly fingerprint?: Fingerprint;
  readonly profile?: DrivenProfile;
  /** What is wrong with it. */
  readonly diagnosis?: Diagnosis;
}

export interface AgentStatus {
  readonly version: string;
  readonly startedUs: number;
  readonly devices: readonly DeviceState[];
  /** What the flows counted since the start, by name. */
  readonly counters: Readonly<Record<string, number>>;
  readonly alarms: AlarmFigures;
}

/** How the operators are doing with their alarms. */
export interface AlarmFigures {
  /** Announced in the last ten minutes; see core/alarm-rate. */
  readonly inTenMinutes: number;
  /** Open ones that the list of the screens had no room for: the history has them. */
  readonly dropped: number;
}

/** What became of a command to inhibit a source, or no longer to. */
export type InhibitResult =
  | { readonly kind: "done"; readonly inhibit?: Inhibit }
  | { readonly kind: "refused"; readonly why: InhibitRefusal | "unknown" };

/** What became of the wish to identify a device: "started"; "too-soon": it was asked a moment ago; "configured": its
 *  protocol is configured by name; "unknown": there is no such device. */
export type IdentifyStart = "configured" | "started" | "too-soon" | "unknown";

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
  /** Shelves or unshelves a source, takes it out of service or returns it. On disk when it resolves.
   *  @throws EdgeError DISK_FULL */
  inhibit(command: InhibitCommand): Promise<InhibitResult>;
  /** All that are in force, newest first. */
  inhibits(): readonly Inhibit[];
  /** Forgets the baselines of a machine; learning starts again. False where there is no such machine. */
  relearn(machine: string, by: string): boolean;
  /** Asks a device afresh who it is; what it says comes with its state. */
  identify(device: string): IdentifyStart;
}
