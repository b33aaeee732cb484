import type { LearntLimits } from "@stethos/protocol-finger";
import { createCreepingLimit } from "./creeping-limit.ts";
import type { S7Options } from "./options.ts";

/** What the device can take, as far as it has taught so far; outlives its sessions. */
export interface S7Limits {
  /** Most bytes to ask for in one request. */
  readonly maxReadBytes: number;
  /** Most requests to have unanswered at once. */
  readonly jobsInFlight: number;
  /** What was learnt, by name; another object after each change; undefined while nothing was. */
  readonly learnt: LearntLimits | undefined;
  /** A session begins in which this is the most that can be asked for. */
  bound(maxReadBytes: number): void;
  /** The device refused a request for so many bytes because of its length.
   *  @returns whether a shorter one can be tried */
  tooLong(bytes: number): boolean;
  /** The device did not cope with several requests at once.
   *  @returns whether fewer can be tried */
  overloaded(): boolean;
  /** The device dropped the connection with so many requests unanswered. */
  dropped(unanswered: number): void;
  /** The device answered everything that it was asked. */
  wentWell(): void;
}

type Options = Pick<S7Options, "jobsInFlight" | "maxReadBytes" | "refusedRetryMs">;

/** Bytes of a PDU that an answer with one item spends on headers. */
export const READ_OVERHEAD = 18;

// One value of the longest numeric type.
const LEAST_READ_BYTES = 8;
// A wrong guess costs a connection, not a request.
const JOBS_RETRY_FACTOR = 10;
// Once is a power cycle or a cable.
const DROPS_THAT_TELL = 2;

/** @param known what earlier runs learnt */
export function createLimits(options: Options, known: LearntLimits, monotonicMs: () => number): S7Limits {
  const { refusedRetryMs } = options;
  const { maxReadBytes: knownBytes, jobsInFlight: knownJobs } = known;
  const bytes = createCreepingLimit(
    within(knownBytes, LEAST_READ_BYTES, options.maxReadBytes),
    refusedRetryMs,
    monotonicMs,
  );
  const jobs = createCreepingLimit(
    within(knownJobs, 1, options.jobsInFlight),
    JOBS_RETRY_FACTOR * refusedRetryMs,
    monotonicMs,
  );
  bytes.bound(options.maxReadBytes);
  jobs.bound(options.jobsInFlight);
  let drops = 0;
  let learnt: LearntLimits | undefined;

  function publish(): void {
    learnt = { maxReadBytes: bytes.now, jobsInFlight: jobs.now };
  }

  function overloaded(): boolean {
    if (jobs.now === 1) return false;
    jobs.cut(1);
    publish();
    return true;
  }

  return {
    get maxReadBytes() {
      return bytes.now;
    },
    get jobsInFlight() {
      return jobs.now;
    },
    get learnt() {
      return learnt;
    },
    bound: (maxReadBytes) => bytes.bound(Math.min(options.maxReadBytes, maxReadBytes)),
    tooLong(asked) {
      const half = Math.floor(Math.min(asked, bytes.now) / 2);
      if (half < LEAST_READ_BYTES) return false;
      bytes.cut(half);
      publish();
      return true;
    },
    overloaded,
    dropped(unanswered) {
      if (unanswered < 2) return;
      drops += 1;
      if (drops >= DROPS_THAT_TELL) overloaded();
    },
    wentWell() {
      drops = 0;
      const hasGrown = [bytes.grow(), jobs.grow()].includes(true);
      if (hasGrown) publish();
    },
  };
}

function within(value: number | undefined, least: number, most: number): number {
  return value === undefined || !Number.isFinite(value)
    ? most
    : Math.min(most, Math.max(least, Math.floor(value)));
}
