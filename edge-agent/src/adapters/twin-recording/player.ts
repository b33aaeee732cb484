import { createChangeEncoder, encodeSnapshot } from "../../core/twin/twin-change.ts";
import { placeOfTwin, type TwinDelta, type TwinMessage, type TwinSnapshot } from "../../core/twin-delta.ts";

/** Takes recorded messages in their order and merges those of each step. */
export interface Player {
  /** @returns what is complete now that `message` has come: nothing, or the step before it */
  take(message: TwinMessage): Uint8Array | undefined;
  /** The last step. */
  end(): Uint8Array | undefined;
}

interface Planes {
  readonly value: Uint16Array;
  readonly state: Uint8Array;
  /** The step in which each point last changed. */
  readonly changed: Uint32Array;
}

/** @param fromMs the first step ends here: all up to it becomes the snapshot that the replay begins with */
export function createPlayer(fromMs: number, stepMs: number): Player {
  const encodeChanges = createChangeEncoder();
  let planes: Planes = planesOf(0);
  let about = { epoch: -1, turn: 0, timeMs: 0, layoutHash: 0 };
  let step = 1;
  let stepEndMs = fromMs;
  let isPending = false;
  /** The turn that was told last; undefined where the next must be a snapshot. */
  let told: number | undefined;

  function flush(): Uint8Array | undefined {
    if (!isPending) return undefined;
    isPending = false;
    const message =
      told === undefined
        ? encodeSnapshot(planes, about)
        : encodeChanges(planes, step - 1, { ...about, since: told });
    step += 1;
    if (message !== undefined) told = about.turn;
    return message;
  }

  function begin({ value, state }: TwinSnapshot): void {
    planes = planesOf(value.length);
    planes.value.set(value);
    planes.state.set(state);
    told = undefined;
  }

  function put(point: number, value: number, state: number): void {
    if (planes.value[point] === value && planes.state[point] === state) return;
    planes.value[point] = value;
    planes.state[point] = state;
    planes.changed[point] = step;
  }

  function applySnapshot({ value, state }: TwinSnapshot): void {
    for (let p = 0; p < value.length; p += 1) put(p, value[p] ?? 0, state[p] ?? 0);
  }

  function applyDelta({ point, value, state }: TwinDelta): void {
    for (let i = 0; i < point.length; i += 1) put(point[i] ?? 0, value[i] ?? 0, state[i] ?? 0);
  }

  function apply(message: TwinDelta | TwinSnapshot): void {
    if (message.kind === "delta") applyDelta(message);
    else if (isSamePlant(message)) applySnapshot(message);
    else begin(message);
    const { epoch, turn, timeMs, layoutHash } = message;
    about = { epoch, turn, timeMs, layoutHash };
    isPending = true;
  }

  const isSamePlant = ({ epoch, layoutHash, value }: TwinSnapshot): boolean =>
    epoch === about.epoch && layoutHash === about.layoutHash && value.length === planes.value.length;

  /** A delta without what it follows on says nothing; the next snapshot heals that. */
  const isUsable = (message: TwinDelta | TwinSnapshot): boolean =>
    message.timeMs >= about.timeMs &&
    (message.kind === "snapshot" ||
      (message.epoch === about.epoch && placeOfTwin(message, about.turn) === "take"));

  return {
    take(message) {
      if ((message.kind !== "delta" && message.kind !== "snapshot") || !isUsable(message)) return undefined;
      const isOtherPlant = message.kind === "snapshot" && !isSamePlant(message);
      const done = message.timeMs > stepEndMs || isOtherPlant ? flush() : undefined;
      if (message.timeMs > stepEndMs) stepEndMs += stepMs * Math.ceil((message.timeMs - stepEndMs) / stepMs);
      apply(message);
      return done;
    },
    end: flush,
  };
}

const planesOf = (points: number): Planes => ({
  value: new Uint16Array(points),
  state: new Uint8Array(points),
  changed: new Uint32Array(points),
});
