import { slept } from "@stethos/protocol-finger/clock";
import { type Diagnosis, diagnosisFrom, isSameDiagnosis } from "@stethos/protocol-finger/diagnosis";
import { describeError, EdgeError, likelyCause } from "../core/errors.ts";
import { StatusCode } from "../core/quality.ts";
import { rowsOfStatus } from "../core/reading.ts";
import { createBackoff } from "../lib/backoff.ts";
import type {
  Driver,
  DriverDeps,
  DriverEvent,
  PolledDevice,
  PolledSession,
  ScanGroup,
  ScanPlan,
} from "../ports/driver.ts";
import { createWaveformReader, type WaveformReader } from "./read-waveform.ts";

export interface PollPolicy {
  /** First and longest wait between connection attempts. */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
}

export const defaultPollPolicy: PollPolicy = { backoffFirstMs: 1000, backoffMostMs: 60_000 };

/** A Driver from a device that answers questions: connects, reads every scan group on its grid of absolute deadlines,
 *  and comes back with jittered backoff when the device is lost. */
export function createPolledDriver(
  plan: ScanPlan,
  device: PolledDevice,
  deps: DriverDeps,
  policy: PollPolicy = defaultPollPolicy,
): Driver {
  return { device: plan.device, events: (signal) => poll(plan, device, deps, policy, signal) };
}

async function* poll(
  plan: ScanPlan,
  device: PolledDevice,
  deps: DriverDeps,
  policy: PollPolicy,
  signal: AbortSignal,
): AsyncGenerator<DriverEvent> {
  const backoff = createBackoff(policy.backoffFirstMs, policy.backoffMostMs, deps.random);
  const waveforms = createWaveformReader(plan, deps.clock);
  // Undefined until the first attempt: only a change is worth an event.
  let told: boolean | undefined;
  let toldCause: Diagnosis | undefined;
  while (!signal.aborted) {
    let reason = "";
    let cause: Diagnosis | undefined;
    try {
      for await (const event of serve(plan, device, deps, waveforms, signal)) {
        if (event.kind === "link") told = event.up;
        else backoff.reset();
        yield event;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof EdgeError)) throw thrown;
      reason = thrown.message;
      cause = diagnosisFrom(likelyCause(thrown, told === true), reason);
      deps.logger.debug({ device: plan.device, err: describeError(thrown) }, "link lost");
    }
    if (signal.aborted) return;
    if (told !== false) {
      told = false;
      yield { kind: "link", up: false, reason, ...(cause && { diagnosis: cause }) };
      yield {
        kind: "batch",
        batch: rowsOfStatus(plan.tags.length, StatusCode.BadNotConnected, deps.clock.nowUs()),
      };
    } else if (cause !== undefined && cause.code !== toldCause?.code) {
      // Still away, for another reason: a host that was silent refuses now.
      yield { kind: "diagnosis", diagnosis: cause };
    }
    toldCause = cause;
    if (!(await slept(deps.clock, backoff.next(), signal))) return;
  }
}

/** One connection, from its beginning to its end. */
async function* serve(
  plan: ScanPlan,
  device: PolledDevice,
  deps: DriverDeps,
  waveforms: WaveformReader,
  signal: AbortSignal,
): AsyncGenerator<DriverEvent> {
  const session = await device.connect(signal);
  try {
    yield { kind: "link", up: true, reason: "connected" };
    const news = createNews(session);
    const start = deps.clock.monotonicMs();
    const due = plan.groups.map(() => start);
    while (!signal.aborted) {
      const next = earliest(due);
      const group = plan.groups[next];
      if (group === undefined) {
        // Nothing to scan: hold the connection until told to stop.
        if (!(await slept(deps.clock, 60_000, signal))) return;
        continue;
      }
      const wait = (due[next] ?? 0) - deps.clock.monotonicMs();
      if (wait > 0 && !(await slept(deps.clock, wait, signal))) return;
      yield* scan(session, next, group, waveforms, news, signal);
      const missed = missedPeriods(due[next] ?? 0, group.periodMs, deps.clock.monotonicMs());
      if (missed > 0) yield { kind: "overrun", group: group.name, missed };
      due[next] = (due[next] ?? 0) + (missed + 1) * group.periodMs;
    }
  } finally {
    await session.close();
  }
}

async function* scan(
  session: PolledSession,
  index: number,
  group: ScanGroup,
  waveforms: WaveformReader,
  news: News,
  signal: AbortSignal,
): AsyncGenerator<DriverEvent> {
  if (group.tags.length > 0) {
    const batch = await session.readGroup(index, signal);
    // Before the values: who sees bad ones knows why.
    yield* news();
    yield { kind: "batch", batch };
  }
  for (const waveform of group.waveforms) yield* waveforms.read(session, waveform, signal);
  if (group.waveforms.length > 0) yield* news();
}

/** What the session has found out since it was asked last. */
type News = () => Iterable<DriverEvent>;

function createNews(session: PolledSession): News {
  let diagnosis: Diagnosis | undefined;
  let { learnt } = session;
  return function* news() {
    if (!isSameDiagnosis(session.diagnosis, diagnosis)) {
      diagnosis = session.diagnosis;
      yield { kind: "diagnosis", diagnosis };
    }
    if (session.learnt === learnt) return;
    learnt = session.learnt;
    if (learnt !== undefined) yield { kind: "learnt", limits: learnt };
  };
}

/** Deadlines that passed while the scan that was due at `due` ran: the next one lies on the grid, never beside it. */
function missedPeriods(due: number, periodMs: number, now: number): number {
  return Math.max(0, Math.ceil((now - due) / periodMs) - 1);
}

function earliest(due: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < due.length; i += 1) if ((due[i] ?? 0) < (due[best] ?? 0)) best = i;
  return best;
}
