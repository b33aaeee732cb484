import { type Clock, slept } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import type { TunnelEvent } from "./events.ts";

/** A connection to the PLC, as far as keeping it is concerned. */
export interface UpstreamSession {
  /** Aborts when it is over, where the session can tell by itself. */
  readonly ended?: AbortSignal;
  /** Never throws. */
  close(): Promise<void>;
}

/** The one connection to the PLC: made anew when it is lost, with jittered backoff. */
export interface Upstream<Session> {
  /** Do something with the connection. One call at a time.
   *  @param mayRepeat when the connection turns out to be lost, and has worked before, it is made anew and the work done
   *  again, once: devices close connections that were idle
   *  @throws FingerError PLC_UNREACHABLE while there is none; else what `work` throws */
  use<T>(work: (session: Session) => Promise<T>, mayRepeat: boolean): Promise<T>;
  /** Begin to connect, and stay connected until the signal aborts; ends when the connection is closed. Once. */
  run(): Promise<void>;
  readonly isUp: boolean;
  readonly connections: number;
}

export interface UpstreamOptions<Session> {
  open(signal: AbortSignal): Promise<Session>;
  /** Whether the connection is of no more use after this error. */
  isOver(error: FingerError): boolean;
  /** First and longest wait between two attempts to connect. */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
}

export interface TunnelDeps {
  readonly clock: Clock;
  /** 0..1, for the jitter of the backoff. */
  readonly random: () => number;
  readonly onEvent: (event: TunnelEvent) => void;
}

interface Live<Session> {
  readonly session: Session;
  hasWorked: boolean;
  lose(error: FingerError): void;
}

/** Why a connection ended, and whether it was ever of use. */
interface Ending {
  readonly error: FingerError;
  readonly hasWorked: boolean;
  readonly lastedMs: number;
}

/** Where things stand: `settled` resolves when the attempt to connect has ended, one way or the other. */
interface Standing<Session> {
  readonly live?: Live<Session>;
  readonly error?: FingerError;
  readonly settled: Promise<void>;
}

export function createUpstream<Session extends UpstreamSession>(
  { open, isOver, backoffFirstMs, backoffMostMs }: UpstreamOptions<Session>,
  { clock, random, onEvent }: TunnelDeps,
  signal: AbortSignal,
): Upstream<Session> {
  let attempt = Promise.withResolvers<void>();
  let standing: Standing<Session> = { settled: attempt.promise };
  let connections = 0;

  /** A new attempt begins: who comes now waits for its end. */
  function begin(): void {
    attempt = Promise.withResolvers<void>();
    standing = { settled: attempt.promise };
  }

  function settle(outcome: Omit<Standing<Session>, "settled">): void {
    standing = { ...outcome, settled: Promise.resolve() };
    attempt.resolve();
  }

  async function connect(): Promise<Session | FingerError> {
    try {
      return await open(signal);
    } catch (thrown) {
      if (!signal.aborted && !(thrown instanceof FingerError)) throw thrown;
      return thrown instanceof FingerError ? thrown : closing(thrown);
    }
  }

  async function serve(session: Session): Promise<Ending> {
    const over = Promise.withResolvers<FingerError>();
    const live: Live<Session> = {
      session,
      hasWorked: false,
      lose(error) {
        if (standing.live === live) begin();
        over.resolve(error);
      },
    };
    const onEnded = (): void => live.lose(asFingerError(session.ended?.reason));
    const onStop = (): void => live.lose(closing(signal.reason));
    session.ended?.addEventListener("abort", onEnded, { once: true });
    signal.addEventListener("abort", onStop, { once: true });
    const sinceMs = clock.monotonicMs();
    connections += 1;
    settle({ live });
    onEvent({ kind: "plc-up" });
    if (session.ended?.aborted === true) onEnded();
    if (signal.aborted) onStop();
    const error = await over.promise;
    session.ended?.removeEventListener("abort", onEnded);
    signal.removeEventListener("abort", onStop);
    await session.close();
    return { error, hasWorked: live.hasWorked, lastedMs: clock.monotonicMs() - sinceMs };
  }

  async function connectAndServe(): Promise<Ending> {
    const opened = await connect();
    return opened instanceof FingerError
      ? { error: opened, hasWorked: false, lastedMs: 0 }
      : await serve(opened);
  }

  async function keep(): Promise<void> {
    let failures = 0;
    for (let isOn = true; isOn; ) {
      const { error, hasWorked, lastedMs } = await connectAndServe();
      if (hasWorked) failures = 0;
      // One that was of use for a while is new again at once; one that broke soon is not worth hurrying for.
      const retryMs = hasWorked && lastedMs >= backoffFirstMs ? 0 : waitMs(failures);
      isOn = !signal.aborted && (await pause(error, retryMs));
      failures += 1;
    }
    settle({ error: closing(signal.reason) });
  }

  /** @returns false when it is time to stop */
  async function pause(error: FingerError, retryMs: number): Promise<boolean> {
    onEvent({ kind: "plc-down", error, retryMs });
    if (retryMs === 0) return true;
    settle({ error });
    const isOn = await slept(clock, retryMs, signal);
    if (isOn) begin();
    return isOn;
  }

  /** Exponential with jitter over the upper half, so that tunnels that lost the same PLC do not come back in step. */
  function waitMs(failures: number): number {
    const step = Math.min(backoffMostMs, backoffFirstMs * 2 ** Math.min(failures, 30));
    return Math.ceil(step / 2 + (step / 2) * random());
  }

  async function tryOnce<T>(live: Live<Session>, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      const result = await work(live.session);
      live.hasWorked = true;
      return result;
    } catch (thrown) {
      if (!(thrown instanceof FingerError)) throw thrown;
      if (isOver(thrown)) live.lose(thrown);
      // A refusal is an answer; a single silence proves nothing.
      else if (thrown.code === "PLC_REFUSED") live.hasWorked = true;
      throw thrown;
    }
  }

  async function current(): Promise<Live<Session>> {
    await standing.settled;
    const { live, error } = standing;
    if (live === undefined) throw error ?? closing(signal.reason);
    return live;
  }

  async function use<T>(work: (session: Session) => Promise<T>, mayRepeat: boolean): Promise<T> {
    const live = await current();
    try {
      return await tryOnce(live, work);
    } catch (thrown) {
      const isLost = standing.live !== live && live.hasWorked && !signal.aborted;
      if (!mayRepeat || !isLost) throw thrown;
      return await tryOnce(await current(), work);
    }
  }

  return {
    use,
    run: keep,
    get isUp() {
      return standing.live !== undefined;
    },
    get connections() {
      return connections;
    },
  };
}

const closing = (cause: unknown): FingerError =>
  new FingerError("PLC_UNREACHABLE", "the tunnel is closing", { cause });

const asFingerError = (reason: unknown): FingerError =>
  reason instanceof FingerError
    ? reason
    : new FingerError("PLC_UNREACHABLE", "the connection to the PLC ended", { cause: reason });
