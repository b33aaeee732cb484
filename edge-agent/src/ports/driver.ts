import type { Diagnosis, Fingerprint, LearntLimits } from "@stethos/protocol-finger";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { RawBatch } from "../core/reading.ts";
import type { Protocol, Tag, WaveformTag } from "../core/tag.ts";
import type { Waveform } from "../core/waveform.ts";
import type { DrivenProfile } from "./identify.ts";
import type { Logger } from "./logger.ts";
import type { Random } from "./random.ts";

/** A waveform tag and the tag that counts its blocks. */
export interface WaveformSource extends WaveformTag {
  /** Address of a whole number that the device changes, by one as a rule, whenever it rewrites the block. */
  readonly sequenceAddress: string;
}

/** Tags that are read together, every `periodMs` on a grid of absolute deadlines. */
export interface ScanGroup {
  readonly name: string;
  readonly periodMs: number;
  /** Indices into the device's tags and waveforms. */
  readonly tags: readonly number[];
  readonly waveforms: readonly number[];
}

/** All that is read from one device. */
export interface ScanPlan {
  readonly device: string;
  readonly protocol: Protocol;
  readonly tags: readonly Tag[];
  readonly waveforms: readonly WaveformSource[];
  readonly groups: readonly ScanGroup[];
}

export type DriverEvent =
  /** `tag` columns index the plan's tags; values are raw (no scale, no offset). `protocol` is the one in use where the
   *  plan leaves that open. */
  | { readonly kind: "batch"; readonly batch: RawBatch; readonly protocol?: Protocol }
  /** `tag` indexes the plan's waveforms; samples are raw. */
  | { readonly kind: "waveform"; readonly waveform: Waveform }
  | {
      readonly kind: "link";
      readonly up: boolean;
      readonly reason: string;
      /** Why it is down, where the device's behaviour tells. */
      readonly diagnosis?: Diagnosis;
    }
  /** Something is wrong with a device that answers; undefined: no longer. */
  | { readonly kind: "diagnosis"; readonly diagnosis: Diagnosis | undefined }
  /** Limits that the device has taught. */
  | { readonly kind: "learnt"; readonly limits: LearntLimits }
  /** Who the device is, now or from an earlier run. */
  | { readonly kind: "identified"; readonly fingerprint: Fingerprint }
  /** How it is read from now on. */
  | { readonly kind: "profile"; readonly profile: DrivenProfile }
  | { readonly kind: "overrun"; readonly group: string; readonly missed: number }
  /** A block that the device rewrote while it was read: read again, or given up until the next one. */
  | { readonly kind: "torn-block"; readonly waveform: number; readonly given: "up" | "reread" };

/** What events tell of the device itself, not of its values. */
export type DeviceNews = Extract<
  DriverEvent,
  { readonly kind: "diagnosis" | "identified" | "link" | "profile" }
>;

/** One device as a stream. It never throws for what the device does: a lost device is a "link" event and rows of
 *  bad quality, and the driver goes on trying until the signal aborts. Then it ends, politely disconnected. */
export interface Driver {
  readonly device: string;
  events(signal: AbortSignal): AsyncIterable<DriverEvent>;
  /** Asks the device afresh who it is, in place of the session that runs; absent where the configuration says how to
   *  read it. False where it is not running, or was asked too lately. */
  identify?(): boolean;
}

/** A device that answers questions (S7, Modbus). `flow/poll.ts` makes a Driver of it: schedule, retries and
 *  torn blocks are the same for all of them. */
export interface PolledDevice {
  /** @throws EdgeError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT: connection attempt failed */
  connect(signal: AbortSignal): Promise<PolledSession>;
}

export interface PolledSession {
  /** Read the tags of group `group` of the plan: one row a tag, in fewest requests. A tag that the device refuses
   *  is a row of bad status with the device's reason. A lost or desynchronised connection rejects.
   *  @throws EdgeError PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED */
  readGroup(group: number, signal: AbortSignal): Promise<RawBatch>;
  /** The block counter of a waveform. @throws as readGroup, and DATA_INVALID when the device refuses the address */
  readSequence(waveform: number, signal: AbortSignal): Promise<number>;
  /** The samples of a waveform, raw. @throws as readSequence */
  readBlock(waveform: number, signal: AbortSignal): Promise<Float32Array>;
  /** Why the device gave no value, or a doubtful one, for some of what was read last; undefined where all is well. */
  readonly diagnosis?: Diagnosis | undefined;
  /** Limits learnt so far; another object whenever there is news. */
  readonly learnt?: LearntLimits | undefined;
  /** Ends the session politely, within a second, whatever its state. Never throws. */
  close(): Promise<void>;
}

export interface DriverDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

export type { AddressProblem } from "@stethos/protocol-finger";
