import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../core/errors.ts";
import { createBackoff } from "../lib/backoff.ts";
import type { FieldFrameHead, FieldStore } from "../ports/field-store.ts";
import type { Logger } from "../ports/logger.ts";
import type { ObjectSink } from "../ports/object-sink.ts";
import type { Random } from "../ports/random.ts";
import type { RequestedFrame } from "../ports/retraining.ts";
import type { StateFile } from "../ports/state-file.ts";
import {
  type BatchFile,
  type FieldRecording,
  type LabelledFrame,
  manifestOf,
  type Origin,
  pseudonym,
  recordingOf,
  type Sha256,
} from "./upload-field-batch.ts";
import {
  dayOf,
  emptyJournal,
  journalText,
  onDay,
  type PlannedBatch,
  parseJournal,
  type Sent,
  type UploadJournal,
} from "./upload-field-journal.ts";

export interface UploadPolicy extends Origin {
  /** Data sets lie at <prefix>/<site>/<node>/<batch>/. */
  readonly prefix: string;
  readonly dayBytes: number;
  readonly bytesPerSecond: number;
  /** Frames of one data set, at most. */
  readonly batchFrames: number;
  readonly everyMs: number;
  /** Who might still be labelled waits so long; what is labelled, or drifted, goes at once. */
  readonly unlabelledAfterMs: number;
}

/** 20 MiB a day is 2 % of a line of 28 KB/s when it is spread, and about 300 windows. */
export const defaultUploadPolicy: Omit<UploadPolicy, "node" | "site"> = {
  prefix: "field",
  dayBytes: 20 * 1024 * 1024,
  bytesPerSecond: 8 * 1024,
  batchFrames: 64,
  everyMs: 15 * 60_000,
  unlabelledAfterMs: 24 * 3_600_000,
};

export interface UploadDeps {
  readonly store: Pick<FieldStore, "find" | "list">;
  readonly sink: ObjectSink;
  readonly journal: StateFile;
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface UploadCounts {
  readonly batches: number;
  readonly frames: number;
  readonly bytes: number;
  /** Attempts that failed and are made again. */
  readonly failed: number;
}

export interface UploadField {
  /** Sends what is worth sending, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** What data sets call the newest drifted windows of a machine, and where those lie that were sent. */
  drifted(machine: string, most: number, signal: AbortSignal): Promise<readonly RequestedFrame[]>;
  counts(): UploadCounts;
}

// What an entry of a manifest takes, about.
const ENTRY_BYTES = 1024;
const RETRY_FIRST_MS = 5_000;
const RETRY_MOST_MS = 15 * 60_000;

/** Kept frames become data sets in the store that the next version is trained from. A data set is there when its manifest
 *  is; names come from the content, so that one that was cut off is gone on with and never doubled. */
export async function createUploadField(policy: UploadPolicy, deps: UploadDeps): Promise<UploadField> {
  const { clock, logger, sha256 } = deps;
  const folder = `${policy.prefix}/${policy.site}/${policy.node}`;
  const counts = { batches: 0, frames: 0, bytes: 0, failed: 0 };
  let journal = await readJournal();

  async function readJournal(): Promise<UploadJournal> {
    const today = dayOf(clock.nowUs());
    const text = await deps.journal.read();
    if (text === undefined) return emptyJournal(today);
    const known = parseJournal(text);
    if (known === undefined) logger.warn({}, "the journal of uploads cannot be read; frames may go twice");
    return known ?? emptyJournal(today);
  }

  async function remember(next: UploadJournal): Promise<void> {
    await deps.journal.write(journalText(next));
    journal = next;
  }

  /** Those that fit into what is left of the day. */
  async function plan(signal: AbortSignal): Promise<PlannedBatch | undefined> {
    const today = onDay(journal, dayOf(clock.nowUs()));
    const heads = await deps.store.list({ most: Number.MAX_SAFE_INTEGER }, signal);
    const frames: string[] = [];
    const files = new Map<string, number>();
    let bytes = 0;
    for (const head of heads.filter(isDue).sort(labelledFirst).slice(0, policy.batchFrames)) {
      const frame = await deps.store.find(head.id, signal);
      if (frame === undefined) continue;
      const more = filesOf(frame).filter(({ name }) => !files.has(name));
      const cost = more.reduce((sum, { body }) => sum + body.length, ENTRY_BYTES);
      if (today.dayBytes + bytes + cost > policy.dayBytes) break;
      for (const { name, body } of more) files.set(name, body.length);
      bytes += cost;
      frames.push(head.id);
    }
    if (frames.length === 0) return undefined;
    const here = new Set(heads.map(({ id }) => id));
    const sent = Object.fromEntries(Object.entries(journal.sent).filter(([id]) => here.has(id)));
    const labels = heads.filter(({ id }) => frames.includes(id)).map((head) => `${head.id} ${labelUs(head)}`);
    const name = `${today.day.replaceAll("-", "")}-${sha256(labels.join("\n")).slice(0, 12)}`;
    await remember({ ...today, dayBytes: today.dayBytes + bytes, sent, batch: { name, frames } });
    return { name, frames };
  }

  function isDue(head: FieldFrameHead): boolean {
    const before = journal.sent[head.id];
    if (before !== undefined) return labelUs(head) > before.labelUs;
    if (head.label !== undefined || head.kind === "drift") return true;
    return clock.nowUs() - head.timeUs >= policy.unlabelledAfterMs * 1000;
  }

  const filesOf = (frame: LabelledFrame): readonly BatchFile[] => recordingOf(frame, policy, sha256).files;

  async function put(key: string, body: Uint8Array, signal: AbortSignal): Promise<void> {
    await deps.sink.put(key, body, signal);
    counts.bytes += body.length;
    await clock.sleep((body.length / policy.bytesPerSecond) * 1000, signal);
  }

  async function send(batch: PlannedBatch, signal: AbortSignal): Promise<void> {
    const recordings: FieldRecording[] = [];
    const sent: Record<string, Sent> = { ...journal.sent };
    const there = new Set<string>();
    for (const id of batch.frames) {
      // Gave way to another since it was planned.
      const frame = await deps.store.find(id, signal);
      if (frame === undefined) continue;
      const { recording, files } = recordingOf(frame, policy, sha256);
      for (const { name, body } of files) {
        if (there.has(name)) continue;
        await put(`${folder}/${batch.name}/${name}`, body, signal);
        there.add(name);
      }
      recordings.push(recording);
      sent[id] = { key: `${folder}/${batch.name}/${recording.file}`, labelUs: labelUs(frame) };
    }
    // The manifest last: a reader never sees a data set that is half there.
    if (recordings.length > 0) {
      await put(`${folder}/${batch.name}/manifest.json`, manifestOf(policy, batch.name, recordings), signal);
    }
    const { batch: _, ...rest } = journal;
    await remember({ ...rest, sent });
    counts.batches += 1;
    counts.frames += recordings.length;
    logger.info(
      { batch: batch.name, frames: recordings.length, to: deps.sink.name },
      "field frames uploaded",
    );
  }

  /** @returns whether there may be more to send */
  async function sendNext(signal: AbortSignal): Promise<boolean> {
    const batch = journal.batch ?? (await plan(signal));
    if (batch === undefined) return false;
    await send(batch, signal);
    return true;
  }

  return {
    async run(signal) {
      const backoff = createBackoff(RETRY_FIRST_MS, RETRY_MOST_MS, deps.random);
      let isTold = false;
      while (!signal.aborted) {
        let waitMs = 0;
        try {
          if (!(await sendNext(signal))) waitMs = policy.everyMs;
          isTold = false;
          backoff.reset();
        } catch (thrown) {
          if (signal.aborted) return;
          counts.failed += 1;
          if (!isTold) {
            logger.warn(
              { to: deps.sink.name, err: describeError(thrown) },
              "field frames could not be uploaded",
            );
          }
          isTold = true;
          waitMs = backoff.next();
        }
        if (waitMs > 0 && !(await slept(clock, waitMs, signal))) return;
      }
    },
    async drifted(machine, most, signal) {
      const heads = await deps.store.list({ kind: "drift", most: Number.MAX_SAFE_INTEGER }, signal);
      const ofMachine = heads.filter((head) => head.machine === machine).slice(0, most);
      return ofMachine.map(({ id }) => {
        const key = journal.sent[id]?.key;
        return { id: pseudonym(policy, id, sha256), ...(key !== undefined && { key }) };
      });
    },
    counts: () => ({ ...counts }),
  };
}

const labelUs = (head: Pick<FieldFrameHead, "label">): number => head.label?.timeUs ?? 0;

const labelledFirst = (one: FieldFrameHead, other: FieldFrameHead): number =>
  Number(other.label !== undefined) - Number(one.label !== undefined) || one.timeUs - other.timeUs;
