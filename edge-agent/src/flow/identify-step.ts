import type { Fingerprint } from "@stethos/protocol-finger";
import { changeOf } from "@stethos/protocol-finger/diagnosis";
import type { DrivenProfile } from "../ports/identify.ts";
import { type AutoAction, fresh, later, paused, read } from "./identify-action.ts";
import { isSameProfile } from "./identify-candidates.ts";
import type { AutoPolicy } from "./identify-policy.ts";
import { away, changed, knownBetter, leastWait, type Trouble, worst } from "./identify-trouble.ts";

/** What has become of an action. */
export type AutoEvent =
  | { readonly kind: "waited" }
  | {
      readonly kind: "identified";
      readonly fingerprint: Fingerprint;
      /** Those that suit the tags; see identify-candidates.ts. */
      readonly candidates: readonly DrivenProfile[];
      /** What to say where there are none. */
      readonly trouble: Trouble;
    }
  | { readonly kind: "checked"; readonly fingerprint: Fingerprint; readonly nowMs: number }
  /** A value was read. */
  | { readonly kind: "worked"; readonly profile: DrivenProfile }
  /** The session ended after it had worked. */
  | { readonly kind: "lost"; readonly trouble: Trouble; readonly nowMs: number }
  /** No value could be read; `connected`: though there was a session. */
  | {
      readonly kind: "failed";
      readonly profile: DrivenProfile;
      readonly trouble: Trouble;
      readonly connected: boolean;
      readonly nowMs: number;
    }
  /** It could not so much as be asked who it is. */
  | { readonly kind: "unasked"; readonly trouble: Trouble }
  /** Somebody wants to know afresh. */
  | { readonly kind: "asked" };

interface Failure extends Trouble {
  readonly profile: DrivenProfile;
  readonly connected: boolean;
}

export interface AutoState {
  readonly action: AutoAction;
  /** Who it is, as far as known. */
  readonly known: Fingerprint | undefined;
  readonly candidates: readonly DrivenProfile[];
  /** The profile that read a value last. */
  readonly worked: DrivenProfile | undefined;
  /** True while the candidates are tried one after the other; false while the one that worked is tried again. */
  readonly isRound: boolean;
  /** Of this round. */
  readonly failures: readonly Failure[];
  /** Attempts, or whole rounds, that failed since a value was read. */
  readonly misses: number;
  /** When it was last seen who it is. */
  readonly checkedMs: number;
  /** Undefined while values are read, and before anything was tried. */
  readonly trouble: Trouble | undefined;
}

type Of<K extends AutoEvent["kind"]> = Extract<AutoEvent, { readonly kind: K }>;

/** @param known from an earlier run, as `worked`
 *  @param candidates of what is known */
export function beginAuto(
  known: Fingerprint | undefined,
  worked: DrivenProfile | undefined,
  candidates: readonly DrivenProfile[],
): AutoState {
  const kept =
    worked !== undefined && candidates.some((one) => isSameProfile(one, worked)) ? worked : undefined;
  return {
    // A device that was read before is not probed again: to read is the gentler question.
    action: kept === undefined ? { kind: "identify", fresh: false } : read(kept),
    known,
    candidates: withFirst(candidates, kept),
    worked: kept,
    isRound: false,
    failures: [],
    misses: 0,
    checkedMs: Number.NEGATIVE_INFINITY,
    trouble: undefined,
  };
}

/** The whole of when a device is asked, read and left alone: pure, so that every course of events can be tried. */
export function stepAuto(state: AutoState, event: AutoEvent, policy: AutoPolicy): AutoState {
  switch (event.kind) {
    case "waited":
      return state.action.kind === "wait" ? { ...state, action: state.action.next } : state;
    case "asked":
      return {
        ...state,
        action: fresh,
        failures: [],
        misses: 0,
        trouble: { reason: "it is being identified afresh", cause: undefined },
      };
    case "unasked":
      return {
        ...state,
        misses: state.misses + 1,
        trouble: event.trouble,
        action: later(state.action, state.misses, 0),
      };
    case "identified":
      return identified(state, event, policy);
    case "checked":
      return checked(state, event, policy);
    case "worked":
      return { ...state, worked: event.profile, isRound: false, failures: [], misses: 0, trouble: undefined };
    case "lost":
      return comeBack({ ...state, trouble: event.trouble }, event.nowMs, policy);
    case "failed":
      return failed(state, event, policy);
    default:
      return event satisfies never;
  }
}

function identified(state: AutoState, event: Of<"identified">, policy: AutoPolicy): AutoState {
  const { fingerprint } = event;
  const change = state.known && changeOf(state.known, fingerprint);
  const { worked } = state;
  const isKept =
    change === undefined &&
    worked !== undefined &&
    event.candidates.some((one) => isSameProfile(one, worked));
  const next: AutoState = {
    ...state,
    known: fingerprint,
    worked: isKept ? worked : undefined,
    candidates: withFirst(event.candidates, isKept ? worked : undefined),
    isRound: true,
    failures: [],
    trouble: change === undefined ? state.trouble : changed(change),
  };
  const [first] = next.candidates;
  if (first !== undefined) return { ...next, action: paused(read(first), policy) };
  const { trouble } = event;
  const misses = state.misses + 1;
  // A device that was only slow can look like one; so the first verdict stands for a minute, and those after it longer.
  const isPretender = trouble.cause?.code === "NOT_A_CONTROLLER";
  const leastMs = isPretender ? everLonger(state, policy) : leastWait(trouble, policy);
  return { ...next, misses, trouble, action: later(fresh, state.misses, leastMs) };
}

function checked(state: AutoState, { fingerprint, nowMs }: Of<"checked">, policy: AutoPolicy): AutoState {
  const { worked, known } = state;
  if (worked === undefined) return { ...state, action: fresh };
  const port = fingerprint.protocols.find((one) => one.port === worked.port);
  if (port?.state === "closed" || port?.state === "filtered") {
    // A port that does not answer is no other device: only an answer raises doubts.
    const trouble = away(fingerprint, port.port, port.state);
    const action = later({ kind: "check", profile: worked }, state.misses + 1, 0);
    return { ...state, misses: state.misses + 1, trouble, action };
  }
  const change = known && changeOf(known, fingerprint);
  if (change !== undefined) {
    const action = paused(fresh, policy);
    return { ...state, worked: undefined, checkedMs: nowMs, misses: 0, trouble: changed(change), action };
  }
  const [cause] = fingerprint.diagnoses;
  const leastMs = cause === undefined ? 0 : leastWait({ reason: "", cause }, policy);
  const action = leastMs > 0 ? later(read(worked), state.misses, leastMs) : paused(read(worked), policy);
  return { ...state, checkedMs: nowMs, action };
}

function failed(state: AutoState, event: Of<"failed">, policy: AutoPolicy): AutoState {
  const { profile, connected, nowMs } = event;
  const trouble = knownBetter(state, profile, event.trouble);
  if (state.action.kind === "read" && state.action.patient) {
    // Nothing better was left to try: what is known of the device is of no use.
    return {
      ...state,
      misses: state.misses + 1,
      trouble,
      action: later(fresh, state.misses, leastWait(trouble, policy)),
    };
  }
  if (!state.isRound) return missed({ ...state, trouble }, nowMs, policy);
  const failures = [...state.failures, { ...trouble, profile, connected }];
  const next = state.candidates[failures.length];
  if (next !== undefined) return { ...state, failures, action: paused(read(next), policy) };
  return exhausted({ ...state, failures: [] }, failures, policy);
}

/** The profile that used to work failed again. */
function missed(state: AutoState, nowMs: number, policy: AutoPolicy): AutoState {
  const misses = state.misses + 1;
  const isSilent = state.trouble?.cause?.code === "HOST_SILENT";
  if (misses < policy.doubtAfter || isSilent) return comeBack({ ...state, misses }, nowMs, policy);
  return { ...state, misses, action: later(fresh, misses, leastWait(state.trouble, policy)) };
}

function comeBack(state: AutoState, nowMs: number, policy: AutoPolicy): AutoState {
  const { worked } = state;
  if (worked === undefined) return { ...state, action: later(fresh, state.misses, 0) };
  const isDue = nowMs - state.checkedMs >= policy.checkEveryMs;
  const action: AutoAction = isDue ? { kind: "check", profile: worked } : read(worked);
  return { ...state, action: later(action, state.misses, leastWait(state.trouble, policy)) };
}

/** Every candidate failed once. One that had a session, but was refused all values, is read on in the hope that they
 *  come; otherwise another round, and now and then another look at the device. */
function exhausted(state: AutoState, failures: readonly Failure[], policy: AutoPolicy): AutoState {
  const connected = failures.find((one) => one.connected);
  if (connected !== undefined) {
    // Its session will say itself what is wrong.
    const patienceMs = patience(state, failures, policy);
    const action: AutoAction = {
      kind: "read",
      profile: connected.profile,
      patient: true,
      ...(patienceMs !== undefined && { patienceMs }),
    };
    return { ...state, action: paused(action, policy) };
  }
  const trouble = worst(failures);
  const misses = state.misses + 1;
  const [first] = state.candidates;
  const isDoubtful = first === undefined || misses % policy.doubtAfter === 0;
  const action = isDoubtful ? fresh : read(first);
  return { ...state, misses, trouble, action: later(action, state.misses, leastWait(trouble, policy)) };
}

/** Another way that was only away, as after a restart of the device, is worth another look soon, and then ever later. */
function patience(state: AutoState, failures: readonly Failure[], policy: AutoPolicy): number | undefined {
  return failures.every(({ connected }) => connected) ? undefined : everLonger(state, policy);
}

const everLonger = ({ misses }: AutoState, { checkEveryMs, hopelessMs }: AutoPolicy): number =>
  Math.min(hopelessMs, checkEveryMs * 2 ** misses);

const withFirst = (
  all: readonly DrivenProfile[],
  first: DrivenProfile | undefined,
): readonly DrivenProfile[] =>
  first === undefined ? all : [first, ...all.filter((one) => !isSameProfile(one, first))];
