import { planeHash } from "../../../core/twin/point-state.ts";
import { decodeTwin, placeOfTwin, type TwinMessage } from "../../../core/twin-delta.ts";

// A screen as core/twin-delta describes it, for the tests of the twin.

export interface ModelScreen {
  take(bytes: Uint8Array): void;
  readonly value: Uint16Array;
  readonly state: Uint8Array;
  readonly watched: ReadonlyMap<number, number>;
  readonly messages: readonly TwinMessage[];
  /** Heartbeats whose hash was not that of its own plane. */
  readonly wrongHashes: number;
  hash(): number;
}

/** @param ask sends a request to the agent */
export function createModelScreen(ask: (request: object) => void): ModelScreen {
  let value = new Uint16Array(0);
  let state = new Uint8Array(0);
  let known: { readonly epoch: number; readonly turn: number } | undefined;
  let wrongHashes = 0;
  const watched = new Map<number, number>();
  const messages: TwinMessage[] = [];

  function adopt(message: TwinMessage): void {
    if (message.kind === "snapshot") {
      value = message.value.slice();
      state = message.state.slice();
    } else if (message.kind === "delta") {
      message.point.forEach((point, i) => {
        value[point] = message.value[i] ?? 0;
        state[point] = message.state[i] ?? 0;
      });
    } else if (message.kind === "watched") {
      message.point.forEach((point, i) => void watched.set(point, message.value[i] ?? 0));
      return;
    } else if (message.planeHash !== planeHash(state)) {
      wrongHashes += 1;
      ask({ kind: "resync", why: "another hash" });
    }
    known = { epoch: message.epoch, turn: message.turn };
  }

  return {
    take(bytes) {
      const message = decodeTwin(new Uint8Array(bytes).buffer);
      messages.push(message);
      const isOther = message.kind !== "snapshot" && message.epoch !== known?.epoch;
      const place = isOther ? "missed" : placeOfTwin(message, known?.turn ?? 0);
      if (place === "take") adopt(message);
      else if (place === "missed") ask({ kind: "resync", why: "a gap" });
    },
    get value() {
      return value;
    },
    get state() {
      return state;
    },
    watched,
    messages,
    get wrongHashes() {
      return wrongHashes;
    },
    hash: () => planeHash(state),
  };
}
