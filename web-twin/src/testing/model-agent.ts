import { encodeTwin, encodeTwinDelta, planeHash, type TwinRequest } from "@stethos/edge-agent/core";

/** The agent's end of the twin feed as it ought to be: what a session must end up equal to. */
export interface ModelAgent {
  readonly value: Uint16Array;
  readonly state: Uint8Array;
  readonly layoutHash: number;
  hash(): number;
  /** Changes points. @returns the delta's bytes */
  change(points: readonly number[], value: number, state: number): ArrayBuffer;
  snapshot(): ArrayBuffer;
  heartbeat(planeHash?: number): ArrayBuffer;
  watched(points: readonly number[], values: readonly number[]): ArrayBuffer;
  /** Another epoch: it was started again and knows nothing. */
  restart(): void;
  /** What it sends back to a request. */
  answer(text: string): ArrayBuffer | undefined;
}

export function createModelAgent(points: number, layoutHash = 77): ModelAgent {
  const value = new Uint16Array(points);
  const state = new Uint8Array(points);
  let epoch = 1;
  let turn = 0;
  const head = () => ({ epoch, turn, timeMs: 1_000_000 + turn, layoutHash });
  const snapshot = (): ArrayBuffer => encodeTwin({ kind: "snapshot", ...head(), value, state }).buffer;
  return {
    value,
    state,
    layoutHash,
    hash: () => planeHash(state),
    change(changed, nextValue, nextState) {
      const since = turn;
      turn += 1;
      for (const point of changed) {
        value[point] = nextValue;
        state[point] = nextState;
      }
      return encodeTwinDelta({ ...head(), since }, Uint32Array.from(changed), { value, state }).buffer;
    },
    snapshot,
    heartbeat: (hash = planeHash(state)) =>
      encodeTwin({ kind: "heartbeat", ...head(), planeHash: hash }).buffer,
    watched: (watched, values) =>
      encodeTwin({
        kind: "watched",
        ...head(),
        point: Uint32Array.from(watched),
        value: Float32Array.from(values),
      }).buffer,
    restart() {
      epoch += 1;
      turn = 0;
      value.fill(0);
      state.fill(0);
    },
    answer(text) {
      const { kind } = JSON.parse(text) as TwinRequest;
      return kind === "hello" || kind === "resync" ? snapshot() : undefined;
    },
  };
}
