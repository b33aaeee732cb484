import type { Diagnosis, DiagnosisCode, Fingerprint } from "@stethos/protocol-finger";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DrivenProfile } from "../ports/identify.ts";
import type { AutoAction } from "./identify-action.ts";
import { defaultAutoPolicy } from "./identify-policy.ts";
import { type AutoEvent, type AutoState, beginAuto, stepAuto } from "./identify-step.ts";
import type { Trouble } from "./identify-trouble.ts";
import { fingerprint, modbusProfile, s7Profile, seen } from "./testing/fingerprints.ts";

const policy = defaultAutoPolicy;
const native = s7Profile();
const compat = s7Profile({ mode: "s7-compat", remoteTsap: 0x0202, pduSize: 240 });
const tunnel = modbusProfile({ mode: "modbus-tunnel" });
const all = [native, compat, tunnel] as const;

const trouble = (code?: DiagnosisCode): Trouble => ({
  reason: code ?? "who knows",
  cause: code && { code, observed: "seen" },
});
const identified = (
  candidates: readonly DrivenProfile[],
  more: Partial<Fingerprint> = {},
  code: DiagnosisCode = "UNKNOWN_DEVICE",
): AutoEvent => ({ kind: "identified", fingerprint: fingerprint(more), candidates, trouble: trouble(code) });
const failed = (profile: DrivenProfile, code?: DiagnosisCode, connected = false, nowMs = 0): AutoEvent => ({
  kind: "failed",
  profile,
  trouble: trouble(code),
  connected,
  nowMs,
});

/** Runs a course of events; waits pass by themselves. */
function course(start: AutoState, ...events: readonly AutoEvent[]): AutoState {
  let state = start;
  for (const event of events) {
    if (state.action.kind === "wait") state = stepAuto(state, { kind: "waited" }, policy);
    state = stepAuto(state, event, policy);
  }
  return state;
}

/** What comes next, and the least wait before it. */
function next({ action }: AutoState): {
  readonly next: AutoAction;
  readonly leastMs: number;
  readonly attempt: number | undefined;
} {
  if (action.kind !== "wait") return { next: action, leastMs: 0, attempt: undefined };
  return action;
}

const stranger = beginAuto(undefined, undefined, []);
const friend = beginAuto(fingerprint(), compat, all);
const read = (profile: DrivenProfile) => ({ kind: "read", profile, patient: false });
const fresh = { kind: "identify", fresh: true };

describe("the steps of a device whose protocol is found out", () => {
  it("begin with the question who it is, answered from memory where it is known", () => {
    expect(stranger.action).toEqual({ kind: "identify", fresh: false });
    expect(beginAuto(fingerprint(), undefined, all).action).toEqual({ kind: "identify", fresh: false });
  });

  it("begin with the profile that worked before, and ask nothing", () => {
    expect(friend.action).toEqual(read(compat));
    expect(beginAuto(fingerprint(), compat, [native]).action).toEqual({ kind: "identify", fresh: false });
  });

  it("try native, then compat, then the tunnel, with a pause between", () => {
    const first = course(stranger, identified(all));
    expect(next(first)).toMatchObject({ next: read(native), leastMs: policy.pauseMs, attempt: undefined });
    const second = course(first, failed(native, "S7_NO_SETUP_REPLY"));
    expect(next(second)).toMatchObject({ next: read(compat), leastMs: policy.pauseMs });
    expect(second.trouble).toBeUndefined();
    const third = course(second, failed(compat, "S7_NO_SETUP_REPLY"));
    expect(next(third)).toMatchObject({ next: read(tunnel), leastMs: policy.pauseMs });
  });

  it("tell, when all have failed, of the one that came furthest, and wait", () => {
    const end = course(
      stranger,
      identified(all),
      failed(native, "S7_NO_SETUP_REPLY"),
      failed(compat, "HOST_SILENT"),
      failed(tunnel, "PORT_CLOSED"),
    );
    expect(end.trouble?.cause?.code).toBe("S7_NO_SETUP_REPLY");
    expect(next(end)).toMatchObject({ next: read(native), attempt: 0 });
  });

  it("stay with a profile that has a session but is refused everything: it tells itself why", () => {
    const end = course(
      stranger,
      identified(all),
      failed(native, "S7_PUT_GET_OFF", true),
      failed(compat, "S7_PUT_GET_OFF", true),
      failed(tunnel, "PORT_CLOSED"),
    );
    expect(end.trouble).toBeUndefined();
    expect(next(end).next).toEqual({ kind: "read", profile: native, patient: true, patienceMs: 60_000 });
    const over = course(end, failed(native, "S7_PUT_GET_OFF", true));
    expect(over.trouble?.cause?.code).toBe("S7_PUT_GET_OFF");
    expect(next(over).next).toEqual(fresh);
  });

  it("look again soon, and then ever later, for a way that was only away", () => {
    const round = [
      failed(native, "S7_PUT_GET_OFF", true),
      failed(tunnel, "PORT_CLOSED"),
      failed(native, "S7_PUT_GET_OFF", true),
    ];
    const both = identified([native, tunnel]);
    const patienceOf = (state: AutoState) => next(state).next;
    const once = course(stranger, both, ...round.slice(0, 2));
    expect(patienceOf(once)).toMatchObject({ patient: true, patienceMs: 60_000 });
    const twice = course(stranger, both, ...round, both, ...round.slice(0, 2));
    expect(patienceOf(twice)).toMatchObject({ patient: true, patienceMs: 120_000 });
  });

  it("stay as long as the policy has it where every way is refused", () => {
    const end = course(
      stranger,
      identified([native, compat]),
      failed(native, "S7_PUT_GET_OFF", true),
      failed(compat, "S7_PUT_GET_OFF", true),
    );
    expect(next(end).next).toEqual({ kind: "read", profile: native, patient: true });
  });

  it("look afresh after every third round that failed", () => {
    const round = [failed(native, "PORT_CLOSED")];
    const start = course(stranger, identified([native]));
    expect(next(course(start, ...round)).next).toEqual(read(native));
    expect(next(course(start, ...round, ...round)).next).toEqual(read(native));
    expect(next(course(start, ...round, ...round, ...round)).next).toEqual(fresh);
  });

  it("wait a minute at least for a controller without a free connection", () => {
    const state = course(stranger, identified([native]), failed(native, "S7_NO_FREE_CONNECTION"));
    expect(next(state).leastMs).toBe(60_000);
  });

  it("take a proven TSAP that is refused for a controller without a free connection, and a new one for a wrong one", () => {
    const proven = course(stranger, identified([native]), failed(native, "S7_TSAP_REFUSED"));
    expect(proven.trouble?.cause?.code).toBe("S7_NO_FREE_CONNECTION");
    const doubtful = course(stranger, identified([compat]), failed(compat, "S7_TSAP_REFUSED"));
    expect(doubtful.trouble?.cause?.code).toBe("S7_TSAP_REFUSED");
    const before = course(friend, failed(compat, "S7_TSAP_REFUSED"));
    expect(before.trouble?.cause?.code).toBe("S7_NO_FREE_CONNECTION");
    const open = course(
      stranger,
      identified([native], { protocols: [seen("s7", "open")] }),
      failed(native, "S7_TSAP_REFUSED"),
    );
    expect(open.trouble?.cause?.code).toBe("S7_TSAP_REFUSED");
  });

  it("leave alone what is no controller, the longer the more often it was none", () => {
    const pretender = identified([], {}, "NOT_A_CONTROLLER");
    const state = course(stranger, pretender);
    expect(state.trouble?.cause?.code).toBe("NOT_A_CONTROLLER");
    expect(next(state)).toMatchObject({ next: fresh, leastMs: 60_000 });
    const looks = Array.from({ length: 9 }, () => pretender);
    expect(next(course(stranger, ...looks))).toMatchObject({ next: fresh, leastMs: policy.hopelessMs });
  });

  it("ask again, ever more seldom, who cannot be identified", () => {
    const once = course(stranger, identified([]));
    const twice = course(once, identified([]));
    expect([next(once).attempt, next(twice).attempt]).toEqual([0, 1]);
    expect(next(twice).next).toEqual(fresh);
  });

  describe("after a value was read", () => {
    const working = course(friend, { kind: "worked", profile: compat });
    const lost = (nowMs: number): AutoEvent => ({ kind: "lost", trouble: trouble("LINK_LOST"), nowMs });
    const checked = (more: Partial<Fingerprint> = {}, nowMs = 1000): AutoEvent => ({
      kind: "checked",
      fingerprint: fingerprint(more),
      nowMs,
    });

    it("have no trouble", () => {
      expect(working).toMatchObject({ trouble: undefined, misses: 0, worked: compat });
    });

    it("look whether a device that was lost is still the same, then read it as before", () => {
      const away = course(working, lost(1000));
      expect(away.trouble?.cause?.code).toBe("LINK_LOST");
      expect(next(away)).toMatchObject({ next: { kind: "check", profile: compat }, attempt: 0 });
      const back = course(away, checked());
      expect(next(back)).toMatchObject({ next: read(compat), leastMs: policy.pauseMs });
    });

    it("do not look twice within a minute at a device that comes and goes", () => {
      const back = course(working, lost(1000), checked({}, 1000), { kind: "worked", profile: compat });
      expect(next(course(back, lost(31_000))).next).toEqual(read(compat));
      expect(next(course(back, lost(61_000))).next).toEqual({ kind: "check", profile: compat });
    });

    it("identify a device afresh whose firmware has changed, and say so", () => {
      const changed = course(working, lost(1000), checked({ firmware: "V3.2.6" }));
      expect(changed.trouble?.cause).toEqual({
        code: "DEVICE_CHANGED",
        observed: "firmware V3.2.6 where it was V2.6.1",
      });
      expect(next(changed).next).toEqual(fresh);
      const anew = course(changed, identified([native, compat], { firmware: "V3.2.6" }));
      expect(next(anew).next).toEqual(read(native));
      expect(anew.worked).toBeUndefined();
    });

    it.each([
      ["filtered", "HOST_SILENT"],
      ["closed", "PORT_CLOSED"],
    ] as const)("look again, ever more seldom, while its port is %s", (state, code) => {
      const gone = checked({ protocols: [seen("s7", state)] });
      const once = course(working, lost(1000), gone);
      expect(once.trouble?.cause?.code).toBe(code);
      const twice = course(once, gone);
      expect(next(twice).next).toEqual({ kind: "check", profile: compat });
      expect(next(twice).attempt).toBeGreaterThan(next(once).attempt ?? 9);
    });

    it("respect on the way back that it has no connection to spare", () => {
      const diagnoses: readonly Diagnosis[] = [{ code: "S7_NO_FREE_CONNECTION", observed: "reset" }];
      const back = course(working, lost(1000), checked({ diagnoses, protocols: [seen("s7", "open")] }));
      expect(next(back)).toMatchObject({ next: read(compat), leastMs: 60_000 });
    });

    it("doubt, after three attempts, that it is still what it was, and then try all", () => {
      const miss = failed(compat, "S7_NO_SETUP_REPLY", false, 500_000);
      const twice = course({ ...working, checkedMs: 499_000 }, lost(500_000), miss, miss);
      expect(next(twice).next).toEqual(read(compat));
      const thrice = course(twice, miss);
      expect(next(thrice).next).toEqual(fresh);
      const round = course(thrice, identified(all));
      expect(next(round).next).toEqual(read(compat));
      expect(next(course(round, miss)).next).toEqual(read(native));
    });

    it("never doubt a host for being silent", () => {
      const miss = failed(compat, "HOST_SILENT", false, 500_000);
      const state = course(
        { ...working, checkedMs: 499_000 },
        lost(500_000),
        ...Array.from({ length: 9 }, () => miss),
      );
      expect(next(state).next).toEqual(read(compat));
    });
  });

  it("drop everything when somebody wants to know afresh", () => {
    const state = course(friend, { kind: "worked", profile: compat }, { kind: "asked" });
    expect(state.action).toEqual(fresh);
    expect(state.trouble?.reason).toBe("it is being identified afresh");
  });

  it("never hammer a device, never try what does not suit, and always have something to do", () => {
    fc.assert(
      fc.property(
        fc.array(happening, { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        (happenings, isKnown) => {
          let world: World = { state: isKnown ? friend : stranger, suited: isKnown ? all : [], nowMs: 0 };
          for (const one of happenings) world = happen(world, one);
        },
      ),
      { numRuns: 300 },
    );
  });
});

const happening = fc.record({
  code: fc.constantFrom(
    undefined,
    "HOST_SILENT" as const,
    "PORT_CLOSED" as const,
    "S7_TSAP_REFUSED" as const,
    "S7_NO_FREE_CONNECTION" as const,
    "S7_PUT_GET_OFF" as const,
    "NOT_A_CONTROLLER" as const,
  ),
  connected: fc.boolean(),
  port: fc.constantFrom("speaks" as const, "open" as const, "closed" as const, "filtered" as const),
  firmware: fc.constantFrom("V2.6.1", "V2.6.1", "V2.6.1", "V3.2.6"),
  works: fc.boolean(),
  candidates: fc.subarray([...all]),
  asked: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
  afterMs: fc.integer({ min: 1, max: 100_000 }),
});
type Happening = typeof happening extends fc.Arbitrary<infer One> ? One : never;

interface World {
  readonly state: AutoState;
  /** What the device offered last. */
  readonly suited: readonly DrivenProfile[];
  readonly nowMs: number;
}

/** The device does `one` to whatever is under way. */
function happen(world: World, one: Happening): World {
  const nowMs = world.nowMs + one.afterMs;
  const { action } = world.state;
  const step = (event: AutoEvent) => stepAuto(world.state, event, policy);
  if (one.asked) return { ...world, nowMs, state: step({ kind: "asked" }) };
  if (action.kind === "wait") {
    checkWait(world.state, action);
    return { ...world, nowMs, state: step({ kind: "waited" }) };
  }
  const now = fingerprint({ firmware: one.firmware, protocols: [seen("s7", one.port)] });
  const told = trouble(one.code);
  if (action.kind === "identify") {
    const suited = one.candidates;
    const state = step({ kind: "identified", fingerprint: now, candidates: suited, trouble: told });
    expect(state.action.kind).toBe("wait");
    return { state, suited, nowMs };
  }
  const state =
    action.kind === "check"
      ? step({ kind: "checked", fingerprint: now, nowMs })
      : afterReading(world, action.profile, { ...one, nowMs });
  expect(state.action.kind).toBe("wait");
  return { ...world, nowMs, state };
}

function checkWait(state: AutoState, action: Extract<AutoAction, { readonly kind: "wait" }>): void {
  expect(action.next.kind).not.toBe("wait");
  // Between two connections there is a pause, or a backoff.
  if (action.attempt === undefined) expect(action.leastMs).toBeGreaterThanOrEqual(policy.pauseMs);
  else expect(action.attempt).toBeGreaterThanOrEqual(0);
  if (state.trouble?.cause?.code === "S7_NO_FREE_CONNECTION" && action.attempt !== undefined)
    expect(action.leastMs).toBeGreaterThanOrEqual(policy.scarceMs);
}

function afterReading(
  { state, suited }: World,
  profile: DrivenProfile,
  one: Happening & { nowMs: number },
): AutoState {
  expect(suited).toContainEqual(profile);
  const { nowMs, connected } = one;
  const told = trouble(one.code);
  if (!one.works)
    return stepAuto(state, { kind: "failed", profile, trouble: told, connected, nowMs }, policy);
  const working = stepAuto(state, { kind: "worked", profile }, policy);
  expect(working.trouble).toBeUndefined();
  return stepAuto(working, { kind: "lost", trouble: told, nowMs }, policy);
}
