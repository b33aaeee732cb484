import type { Budget } from "./budget.ts";
import type { Clock } from "./clock/clock.ts";

/** Keeps the account of one visit: what is left to spend, how far apart, and whether the device bears it. Once it has
 *  shown distress nothing is spent any more. */
export interface Ledger {
  readonly connectionsLeft: number;
  readonly framesLeft: number;
  readonly connections: number;
  readonly frames: number;
  /** What the device did that ended the visit. */
  readonly distress: string | undefined;
  /** Why no connection to the port may be made now; undefined where one may. */
  connectionBar(port: number): string | undefined;
  /** Why no frame may be sent to the port now. */
  frameBar(port: number): string | undefined;
  /** Waits for the turn. UDP has no connection to spend and waits all the same.
   *  @throws the signal's reason */
  turn(transport: "tcp" | "udp", signal: AbortSignal): Promise<void>;
  /** The connection whose turn it was has been refused with a reset: it costs an attempt and no connection. */
  refused(): void;
  frameSent(): void;
  /** @param firstRttMs of the first answer on the same line
   *  @param quickMs what is no distress in any case */
  answered(port: number, rttMs: number, firstRttMs: number, quickMs: number): void;
  reset(port: number): void;
}

// The field guide's sign of distress: an answer takes five times as long as the first one did.
const SLOWER_TIMES = 5;
/** So many resets in a row close a port: a CPU resets a connection to a slot that it has not, and there are three slots
 *  worth trying. */
const RESETS_A_PORT = 3;
/** From a port that has answered before, so many in a row are distress; and so are as many of several ports as close
 *  one. */
const RESETS_AFTER_ANSWERS = 2;

export function createLedger(budget: Budget, clock: Clock): Ledger {
  let connections = 0;
  let attempts = 0;
  let frames = 0;
  let distress: string | undefined;
  let lastStartMs = Number.NEGATIVE_INFINITY;
  let resetsInARow: readonly number[] = [];
  const answering = new Set<number>();
  const closedPorts = new Set<number>();

  const portBar = (port: number) => {
    if (distress !== undefined) return `the device showed distress: ${distress}`;
    return closedPorts.has(port) ? `port ${port} reset ${RESETS_A_PORT} connections in a row` : undefined;
  };

  return {
    get connectionsLeft() {
      return distress === undefined && attempts < budget.attempts ? budget.connections - connections : 0;
    },
    get framesLeft() {
      return distress === undefined ? budget.frames - frames : 0;
    },
    get connections() {
      return connections;
    },
    get frames() {
      return frames;
    },
    get distress() {
      return distress;
    },
    connectionBar(port) {
      if (connections >= budget.connections) {
        return portBar(port) ?? `all ${budget.connections} connections are spent`;
      }
      const isSpent = attempts >= budget.attempts;
      return portBar(port) ?? (isSpent ? `all ${budget.attempts} attempts are spent` : undefined);
    },
    frameBar: (port) =>
      portBar(port) ?? (frames < budget.frames ? undefined : `all ${budget.frames} frames are spent`),
    async turn(transport, signal) {
      signal.throwIfAborted();
      const waitMs = lastStartMs + budget.spacingMs - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      lastStartMs = clock.monotonicMs();
      if (transport === "udp") return;
      connections += 1;
      attempts += 1;
    },
    refused() {
      connections -= 1;
    },
    frameSent() {
      frames += 1;
    },
    answered(port, rttMs, firstRttMs, quickMs) {
      resetsInARow = [];
      answering.add(port);
      if (rttMs < quickMs || rttMs < SLOWER_TIMES * firstRttMs) return;
      distress ??= `an answer from port ${port} took ${Math.round(rttMs)} ms, the first one ${Math.round(firstRttMs)} ms`;
    },
    reset(port) {
      resetsInARow = [...resetsInARow, port];
      const ports = new Set(resetsInARow);
      const { length } = resetsInARow;
      if (ports.size === 1 && length >= RESETS_A_PORT) closedPorts.add(port);
      if (answering.has(port) && length >= RESETS_AFTER_ANSWERS) {
        distress ??= `port ${port} answered before and reset ${length} connections in a row`;
      }
      if (ports.size > 1 && length >= RESETS_A_PORT) {
        distress ??= `${length} connections in a row were reset, on ports ${[...ports].join(", ")}`;
      }
    },
  };
}
