import type { AllowList } from "./allow-list.ts";
import type { Budget } from "./budget.ts";
import type { Clock } from "./clock/clock.ts";
import { changeOf } from "./device-change.ts";
import { diagnose } from "./diagnose.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import { earlierRefusals } from "./earlier-refusals.ts";
import { CONFIDENT, examine, type IdentifyStep } from "./examine.ts";
import type { Fingerprint, ProtocolId } from "./fingerprint.ts";
import type { Remembered, VerdictMemory } from "./memory.ts";
import { type NeighbourReader, neighbourFacts, readNeighbour } from "./neighbour.ts";
import type { ByteEntry } from "./probes/byte-entry.ts";
import type { Probe } from "./probes/probe.ts";
import { PROBES } from "./probes/registry.ts";
import { createVisit, type OpenVisit } from "./probes/visit.ts";
import { chooseProfiles } from "./profile.ts";
import type { SignatureSet } from "./signatures/signature.ts";
import type { SynAckSource } from "./syn-ack-source.ts";
import type { Target } from "./target.ts";
import { judge } from "./verdict.ts";
import { findingsOf } from "./visit-findings.ts";

export type { IdentifyStep };

export interface IdentifyDeps {
  readonly clock: Clock;
  /** Devices that may be spoken to. */
  readonly allow: AllowList;
  readonly signatures: SignatureSet;
  /** All of the registry where absent. */
  readonly probes?: Readonly<Record<ProtocolId, Probe>>;
  readonly budget?: Partial<Budget>;
  readonly memory?: VerdictMemory;
  readonly onBytes?: (entry: ByteEntry) => void;
  readonly synAck?: SynAckSource;
  /** The kernel's tables where absent. */
  readonly neighbour?: NeighbourReader;
  readonly onStep?: (step: IdentifyStep) => void;
}

/** Finds out what a device is and how to treat it, with no more than the budget and nothing but read-only frames.
 *  Whatever the device does ends in a Fingerprint; it never throws for that.
 *  @throws FingerError TARGET_NOT_ALLOWED, PLC_UNREACHABLE where a name has no address; `signal`'s reason when it
 *  aborts */
export async function identify(
  target: Target,
  deps: IdentifyDeps,
  signal: AbortSignal,
): Promise<Fingerprint> {
  const probes = deps.probes ?? PROBES;
  const visit = await createVisit(target, { ...deps, probes }, signal);
  const remembered = deps.memory?.recall(target);
  await noteNeighbour(visit, deps, signal);
  if (remembered !== undefined && target.fresh !== true && isStillKnown(remembered, visit)) {
    deps.onStep?.({ kind: "remembered", at: remembered.fingerprint.at });
    return recalled(remembered, visit);
  }
  if (remembered !== undefined) earlierRefusals(remembered).forEach(visit.note);
  await examine(visit, target, { ...deps, probes }, signal);
  // Having been spoken to, a device on this link is in the table.
  await noteNeighbour(visit, deps, signal);
  const fingerprint = conclude(visit, deps, remembered);
  if (isWorthKeeping(fingerprint, remembered)) await remember(target, fingerprint, deps);
  return fingerprint;
}

async function noteNeighbour(visit: OpenVisit, deps: IdentifyDeps, signal: AbortSignal): Promise<void> {
  if (visit.fact("neighbour.mac") !== undefined) return;
  const mac = await (deps.neighbour ?? readNeighbour)(visit.address, signal);
  if (mac !== undefined) neighbourFacts(mac).forEach(visit.note);
}

/** A full disk costs another examination some day, not this verdict. */
async function remember(target: Target, fingerprint: Fingerprint, deps: IdentifyDeps): Promise<void> {
  try {
    await deps.memory?.remember(target, fingerprint);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    deps.onStep?.({ kind: "unremembered", reason: thrown.message });
  }
}

/** A device that was certain, or could be read, is not asked again while its MAC stays. */
function isStillKnown({ fingerprint, worked }: Remembered, visit: OpenVisit): boolean {
  if (fingerprint.confidence < CONFIDENT && worked === undefined) return false;
  const mac = visit.fact("neighbour.mac");
  return mac === undefined || fingerprint.mac === undefined || mac === fingerprint.mac;
}

/** A bad day does not undo what was known: the same device, now with no connection to spare, is the same device. */
function isWorthKeeping(now: Fingerprint, remembered: Remembered | undefined): boolean {
  if (remembered === undefined)
    return now.protocols.some(({ state }) => state === "speaks" || state === "open");
  const isChanged = now.diagnoses.some(({ code }) => code === "DEVICE_CHANGED");
  return isChanged || now.confidence >= remembered.fingerprint.confidence;
}

/** The earlier verdict, the profile that worked first; nothing was spent. */
function recalled({ fingerprint, worked }: Remembered, visit: OpenVisit): Fingerprint {
  if (worked === undefined) return { ...fingerprint, spent: visit.spent };
  const { profile, alternatives } = fingerprint;
  const others = [profile, ...alternatives].filter(({ mode }) => mode !== worked.mode);
  return { ...fingerprint, profile: worked, alternatives: others, spent: visit.spent };
}

function conclude(visit: OpenVisit, deps: IdentifyDeps, remembered: Remembered | undefined): Fingerprint {
  const { labels, nature, confidence, evidence } = judge(visit.facts, deps.signatures);
  const findings = findingsOf(visit, { ...labels, nature });
  const mac = visit.fact("neighbour.mac");
  const known = { ...labels, ...(typeof mac === "string" && { mac }) };
  return {
    ...known,
    host: visit.host,
    nature,
    protocols: findings.protocols,
    confidence,
    evidence,
    facts: visit.facts,
    ...chooseProfiles(findings),
    diagnoses: [...changes(remembered, known), ...diagnose(findings, remembered?.worked)],
    spent: visit.spent,
    at: new Date(deps.clock.nowUs() / 1000).toISOString(),
  };
}

function changes(
  remembered: Remembered | undefined,
  now: Parameters<typeof changeOf>[1],
): readonly Diagnosis[] {
  const change = remembered === undefined ? undefined : changeOf(remembered.fingerprint, now);
  return change === undefined ? [] : [{ code: "DEVICE_CHANGED", observed: change }];
}
