import type { GatePolicy } from "../../edge-agent/src/core/gate/gate-policy.ts";
import { defaultGatePolicy } from "../../edge-agent/src/core/gate/gate-policy.ts";
import type { ModelVersion } from "../../edge-agent/src/core/model.ts";
import type { PairedFrame } from "../../edge-agent/src/core/rollout/paired-frame.ts";
import type { RolloutEvent } from "../../edge-agent/src/core/rollout/rollout-event.ts";
import {
  defaultRolloutPolicy,
  type RolloutPolicy,
} from "../../edge-agent/src/core/rollout/rollout-policy.ts";
import { initialState, type RolloutState } from "../../edge-agent/src/core/rollout/rollout-state.ts";
import { step } from "../../edge-agent/src/core/rollout/step.ts";

export const START_US = 1_700_000_000_000_000;

/** Versions "0.1.0", "0.2.0" ... */
export const version = (number: number): ModelVersion => ({
  name: "listener",
  version: `0.${number}.0`,
  digest: String(number).repeat(64).slice(0, 64),
  sequence: number,
});

/** Small numbers: a trial is over in a few hundred frames. */
export const quickPolicy: RolloutPolicy = {
  ...defaultRolloutPolicy,
  gate: {
    ...defaultGatePolicy,
    blockSeconds: 0,
    alarmBlockSeconds: 0,
    warmUpFrames: 0,
    latencyBatchFrames: 4,
  },
  shadowFrames: 40,
  canaryShares: [0.05],
  canaryFrames: 10,
  mostFrames: 400,
  mostHours: 2,
  soakMinutes: 1,
  guardHours: 1,
};

export const withGate = (gate: Partial<GatePolicy>): RolloutPolicy => ({
  ...quickPolicy,
  gate: { ...quickPolicy.gate, ...gate },
});

export interface FrameLike {
  readonly champion?: boolean;
  readonly challenger?: boolean;
  readonly isAbnormal?: boolean;
  readonly ms?: number;
  readonly failure?: string;
  readonly acted?: PairedFrame["acted"];
}

export function frame(number: number, like: FrameLike = {}): PairedFrame {
  const { champion = false, challenger = champion, isAbnormal = false, ms = 5, failure } = like;
  const judged = (isAnomalous: boolean) => ({ probability: isAnomalous ? 0.9 : 0.1, isAnomalous });
  return {
    id: `f${number}`,
    machine: `m${number % 3}`,
    sensor: `s${number % 3}`,
    timeUs: START_US + number * 1e6,
    shaftHz: 25,
    champion: { ...judged(champion), isAbnormal: false, ms: 5 },
    challenger: failure === undefined ? { ...judged(challenger), isAbnormal, ms } : { failure },
    first: number % 2 === 0 ? "champion" : "challenger",
    acted: like.acted ?? "champion",
  };
}

type Untimed = RolloutEvent extends infer E ? (E extends RolloutEvent ? Omit<E, "timeUs"> : never) : never;

/** A rollout that is told what happens, a second apart. */
export interface Story {
  readonly state: RolloutState;
  readonly policy: RolloutPolicy;
  tell(...events: readonly Untimed[]): Story;
  wait(minutes: number): Story;
  /** Frames one after the other. */
  frames(count: number, like?: FrameLike): Story;
  /** Frames on which the challenger alone says that it is anomalous, and who was right. */
  disagreements(count: number, verdict?: "false" | "not-sure" | "real", acted?: PairedFrame["acted"]): Story;
  /** From nothing to the shadow. */
  toShadow(): Story;
  toCanary(): Story;
  /** As toShadow, and a hand that promotes. */
  toSoak(): Story;
  toCommitted(): Story;
}

export function story(policy: RolloutPolicy = quickPolicy, from?: RolloutState): Story {
  let state = from ?? initialState(version(1), START_US);
  let nowUs = START_US;
  let frameNumber = 0;
  const self: Story = {
    get state() {
      return state;
    },
    policy,
    tell(...events) {
      for (const event of events) {
        nowUs += 1e6;
        state = step(state, { ...event, timeUs: nowUs } as RolloutEvent, policy);
      }
      return self;
    },
    wait(minutes) {
      nowUs += minutes * 60e6;
      return self.tell({ kind: "tick" });
    },
    frames(count, like) {
      for (let i = 0; i < count; i += 1) {
        frameNumber += 1;
        self.tell({ kind: "paired", frame: frame(frameNumber, like) });
      }
      return self;
    },
    disagreements(count, verdict, acted = "champion") {
      for (let i = 0; i < count; i += 1) {
        self.frames(1, { challenger: true, acted });
        if (verdict !== undefined)
          self.tell({ kind: "labelled", frame: `f${frameNumber}`, verdict, by: "Ann" });
      }
      return self;
    },
    toShadow: () =>
      self.tell(
        { kind: "offered", model: version(2), because: "drift" },
        { kind: "done", stage: "verify" },
        { kind: "done", stage: "load" },
        { kind: "done", stage: "warm" },
        { kind: "golden-done", tally: undefined },
      ),
    toCanary: () => self.toShadow().frames(policy.shadowFrames),
    toSoak: () =>
      self
        .toShadow()
        .tell({ kind: "command", command: "promote", by: "Ann" }, { kind: "done", stage: "full" }),
    toCommitted: () => self.toSoak().wait(policy.soakMinutes).tell({ kind: "done", stage: "commit" }),
  };
  return self;
}
