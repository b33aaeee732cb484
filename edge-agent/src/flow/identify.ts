import type { Fingerprint, LearntLimits } from "@stethos/protocol-finger";
import { slept } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../core/errors.ts";
import type { Protocol } from "../core/tag.ts";
import { backoffMs } from "../lib/backoff.ts";
import { through } from "../lib/through.ts";
import type { Driver, DriverDeps, DriverEvent, ScanPlan } from "../ports/driver.ts";
import type { DrivenProfile, Identifier } from "../ports/identify.ts";
import type { AutoAction } from "./identify-action.ts";
import { candidatesOf, causeOfNone, protocolIdOf, type Wanted } from "./identify-candidates.ts";
import { type AutoPolicy, defaultAutoPolicy } from "./identify-policy.ts";
import { type AutoEvent, beginAuto, stepAuto } from "./identify-step.ts";
import { createTeller } from "./identify-teller.ts";
import { runTrial } from "./identify-trial.ts";
import type { Trouble } from "./identify-trouble.ts";

/** A device whose protocol is found out. */
export interface AutoDevice {
  readonly plan: ScanPlan;
  readonly wanted: Wanted;
  readonly identifier: Identifier;
  /** A driver for one way to read the device.
   *  @throws EdgeError ADDRESS_INVALID where the tags cannot be read that way */
  createDriver(profile: DrivenProfile, limits: LearntLimits): Promise<Driver>;
}

/** A Driver that finds out who the device is, reads it in the first way that works, and keeps to that way for as long as
 *  it does. What it does next is decided in identify-step.ts. */
export function createAutoDriver(
  device: AutoDevice,
  deps: DriverDeps,
  policy: AutoPolicy = defaultAutoPolicy,
): Driver {
  let asking: AbortController | undefined;
  let askedMs = Number.NEGATIVE_INFINITY;
  return {
    device: device.plan.device,
    async *events(signal) {
      const run = createRun(device, deps, policy);
      try {
        while (!signal.aborted) {
          asking = new AbortController();
          yield* run.act(signal, asking.signal);
        }
      } finally {
        asking = undefined;
      }
    },
    identify() {
      const nowMs = deps.clock.monotonicMs();
      if (asking === undefined || nowMs - askedMs < policy.checkEveryMs) return false;
      askedMs = nowMs;
      asking.abort(new DOMException("the device is to be identified afresh", "AbortError"));
      return true;
    },
  };
}

function createRun(device: AutoDevice, deps: DriverDeps, policy: AutoPolicy) {
  const { plan, identifier, wanted } = device;
  const { clock, logger } = deps;
  const remembered = identifier.recall();
  const candidates = remembered === undefined ? [] : candidatesOf(remembered.fingerprint, wanted);
  const worked = remembered?.worked;
  let limits = remembered?.limits ?? {};
  let state = beginAuto(remembered?.fingerprint, worked?.mode === "none" ? undefined : worked, candidates);
  const teller = createTeller(plan, clock.nowUs);

  /** One action, to its end or until somebody asks. */
  async function* act(signal: AbortSignal, asked: AbortSignal): AsyncGenerator<DriverEvent> {
    yield* teller.tellKnown(state.known);
    const until = AbortSignal.any([signal, asked]);
    let event: AutoEvent | undefined;
    try {
      event = yield* perform(state.action, until);
    } catch (thrown) {
      if (!until.aborted) throw thrown;
    }
    if (signal.aborted) return;
    state = stepAuto(state, asked.aborted || event === undefined ? { kind: "asked" } : event, policy);
    // What another device taught says nothing of this one.
    if (state.trouble?.cause?.code === "DEVICE_CHANGED") limits = {};
    yield* teller.tellKnown(state.known);
    yield* teller.tellTrouble(state.trouble);
  }

  async function* perform(
    action: AutoAction,
    signal: AbortSignal,
  ): AsyncGenerator<DriverEvent, AutoEvent | undefined> {
    switch (action.kind) {
      case "wait":
        return (await slept(clock, waitMs(action), signal)) ? { kind: "waited" } : undefined;
      case "identify":
        return ask(async () => identified(await identifier.identify(action.fresh, signal)));
      case "check":
        return ask(async () => {
          const fingerprint = await identifier.check(protocolIdOf(action.profile), signal);
          return { kind: "checked", fingerprint, nowMs: clock.monotonicMs() };
        });
      case "read":
        return yield* read(action, signal);
      default:
        return action satisfies never;
    }
  }

  async function ask(work: () => Promise<AutoEvent>): Promise<AutoEvent> {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof EdgeError)) throw thrown;
      return { kind: "unasked", trouble: { reason: thrown.message, cause: undefined } };
    }
  }

  function waitMs({ attempt, leastMs }: Extract<AutoAction, { kind: "wait" }>): number {
    if (attempt === undefined) return leastMs;
    return Math.max(leastMs, backoffMs(attempt, policy.backoffFirstMs, policy.backoffMostMs, deps.random));
  }

  function identified(fingerprint: Fingerprint): AutoEvent {
    const cause = causeOfNone(fingerprint, wanted);
    return {
      kind: "identified",
      fingerprint,
      candidates: candidatesOf(fingerprint, wanted),
      trouble: { reason: cause.observed, cause },
    };
  }

  async function* read(
    { profile, patient, patienceMs = policy.hopelessMs }: Extract<AutoAction, { kind: "read" }>,
    signal: AbortSignal,
  ): AsyncGenerator<DriverEvent, AutoEvent | undefined> {
    const driver = await driverFor(profile);
    if ("reason" in driver) {
      return { kind: "failed", profile, trouble: driver, connected: false, nowMs: clock.monotonicMs() };
    }
    const onWorked = () => {
      state = stepAuto(state, { kind: "worked", profile }, policy);
      keep(profile);
    };
    const trialMs = patient ? patienceMs : policy.trialMs;
    const trial = runTrial({ plan, driver, clock, trialMs, patient, onWorked }, signal);
    const end = yield* through(trial, createPass(profile));
    if (signal.aborted) return undefined;
    const nowMs = clock.monotonicMs();
    return end.kind === "lost" ? { ...end, nowMs } : { ...end, profile, nowMs };
  }

  async function driverFor(profile: DrivenProfile): Promise<Driver | Trouble> {
    try {
      return await device.createDriver(profile, limits);
    } catch (thrown) {
      if (!(thrown instanceof EdgeError)) throw thrown;
      return { reason: thrown.message, cause: undefined };
    }
  }

  /** What becomes of the events of one session. */
  function createPass(profile: DrivenProfile): (event: DriverEvent) => Iterable<DriverEvent> {
    const protocol = PROTOCOL_OF[profile.mode];
    let isTold = false;
    return function* pass(event) {
      if (!isTold) yield { kind: "profile", profile };
      isTold = true;
      if (event.kind === "learnt") {
        limits = { ...limits, ...event.limits };
        if (state.worked !== undefined) keep(profile);
      }
      yield* teller.pass(event.kind === "batch" ? { ...event, protocol } : event);
    };
  }

  function keep(profile: DrivenProfile): void {
    const fingerprint = state.known;
    if (fingerprint === undefined) return;
    identifier.keep({ fingerprint, profile, limits }).catch((thrown: unknown) => {
      // It costs an identification after the next start, nothing else.
      logger.warn({ device: plan.device, err: describeError(thrown) }, "the profile could not be remembered");
    });
  }

  return { act };
}

const PROTOCOL_OF: Readonly<Record<DrivenProfile["mode"], Protocol>> = {
  "s7-native": "s7",
  "s7-compat": "s7",
  "modbus-tunnel": "s7-tunnel",
  modbus: "modbus-tcp",
  opcua: "opcua",
};
