import type { Clock } from "@stethos/protocol-finger/clock";
import { isUsable, StatusCode } from "../core/quality.ts";
import type { Driver, DriverEvent, ScanPlan } from "../ports/driver.ts";
import type { Trouble } from "./identify-trouble.ts";

/** How a session ended. */
export type TrialEnd =
  /** After values had been read. */
  | { readonly kind: "lost"; readonly trouble: Trouble }
  /** Before one was; `connected`: though there was a session. */
  | { readonly kind: "failed"; readonly trouble: Trouble; readonly connected: boolean };

export interface Trial {
  readonly plan: ScanPlan;
  readonly driver: Driver;
  readonly clock: Clock;
  /** Longest time until something is read. */
  readonly trialMs: number;
  /** Pass everything on from the first event, also while all is refused. */
  readonly patient: boolean;
  /** The first value was read. */
  onWorked(): void;
}

/** Runs one session of a driver. Until a value was read its events are held back, so that an attempt that comes to
 *  nothing leaves no trace but its end.
 *  @throws what the driver throws; ends without a word when the signal aborts */
export async function* runTrial(trial: Trial, signal: AbortSignal): AsyncGenerator<DriverEvent, TrialEnd> {
  const stop = new AbortController();
  const deadline = trial.clock.deadline(trial.trialMs, signal);
  const course = createCourse(trial, () => deadline.dispose());
  const onDeadline = () => {
    if (!course.isWorking) stop.abort();
  };
  deadline.signal.addEventListener("abort", onDeadline, { once: true });
  try {
    for await (const event of trial.driver.events(AbortSignal.any([signal, stop.signal]))) {
      const { passed, isOver } = course.take(event);
      if (isOver) break;
      yield* passed;
    }
    return course.end();
  } finally {
    deadline.signal.removeEventListener("abort", onDeadline);
    deadline.dispose();
  }
}

// A trial ends once everything was read once; what one connection says until then is few events.
const MOST_HELD = 1000;
const NOTHING: readonly DriverEvent[] = [];

/** What a session has shown so far. */
function createCourse({ plan, patient, trialMs, onWorked }: Trial, onDecided: () => void) {
  const judge = createJudge(plan);
  let held: DriverEvent[] = [];
  let isWorking = false;
  let connected = false;
  let trouble: Trouble | undefined;

  function note(event: DriverEvent): void {
    if (event.kind === "link") {
      connected ||= event.up;
      trouble = event.up ? undefined : { reason: event.reason, cause: event.diagnosis };
    }
    if (event.kind === "diagnosis") {
      const { diagnosis } = event;
      trouble = diagnosis && { reason: diagnosis.observed, cause: diagnosis };
    }
  }

  function hold(event: DriverEvent) {
    if (held.length < MOST_HELD) held.push(event);
    return { passed: NOTHING, isOver: false };
  }

  function works(event: DriverEvent) {
    isWorking = true;
    onDecided();
    onWorked();
    const passed = [...held, event];
    held = [];
    return { passed, isOver: false };
  }

  return {
    get isWorking() {
      return isWorking;
    },
    take(event: DriverEvent): { readonly passed: readonly DriverEvent[]; readonly isOver: boolean } {
      note(event);
      // What a driver does after that, it does by itself: here it begins anew, with what was learnt.
      if (event.kind === "link" && !event.up) return { passed: NOTHING, isOver: true };
      if (isWorking) return { passed: [event], isOver: false };
      const verdict = judge(event);
      if (verdict === "works") return works(event);
      if (verdict === "refused") {
        trouble ??= { reason: "the device gives no value for any of the tags", cause: undefined };
        if (!patient) return { passed: NOTHING, isOver: true };
      }
      return patient ? { passed: [event], isOver: false } : hold(event);
    },
    end(): TrialEnd {
      const told = trouble ?? { reason: `no value came within ${trialMs} ms`, cause: undefined };
      return isWorking ? { kind: "lost", trouble: told } : { kind: "failed", trouble: told, connected };
    },
  };
}

/** Says of each event whether the device can be read: "works" at the first usable value, "refused" once everything was
 *  asked for and nothing was usable. */
function createJudge(plan: ScanPlan): (event: DriverEvent) => "refused" | "works" | undefined {
  const tags = new Set(plan.groups.flatMap((group) => group.tags));
  const waveforms = new Set(plan.groups.flatMap((group) => group.waveforms));
  const verdict = () => (tags.size + waveforms.size === 0 ? "refused" : undefined);
  return (event) => {
    if (event.kind === "batch") {
      const { count, status, tag } = event.batch;
      for (let i = 0; i < count; i += 1) {
        if (isUsable(status[i] ?? 0)) return "works";
        // Of an OPC UA server that has only begun to look.
        if (status[i] !== StatusCode.BadWaitingForInitialData) tags.delete(tag[i] ?? -1);
      }
      return verdict();
    }
    if (event.kind === "waveform") {
      if (isUsable(event.waveform.status)) return "works";
      waveforms.delete(event.waveform.tag);
      return verdict();
    }
    return undefined;
  };
}
