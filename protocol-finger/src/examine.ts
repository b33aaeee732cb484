import { diagnose } from "./diagnose.ts";
import type { Nature, ProtocolId } from "./fingerprint.ts";
import { orderOf } from "./order.ts";
import type { Probe } from "./probes/probe.ts";
import type { OpenVisit } from "./probes/visit.ts";
import type { SignatureSet } from "./signatures/signature.ts";
import type { Target } from "./target.ts";
import { judge, type Verdict } from "./verdict.ts";
import { findingsOf } from "./visit-findings.ts";

/** What an examination does next or has found, for progress displays and logs. */
export type IdentifyStep =
  /** Known from an earlier run: nothing is asked. */
  | { readonly kind: "remembered"; readonly at: string }
  | { readonly kind: "probing"; readonly protocol: ProtocolId; readonly port: number }
  | {
      readonly kind: "probed";
      readonly protocol: ProtocolId;
      /** Of the verdict, with all that is known so far. */
      readonly confidence: number;
      /** That the port says no, or nothing. */
      readonly state?: "closed" | "filtered";
    }
  | { readonly kind: "stopped"; readonly reason: string }
  /** The verdict stands, and will be unknown to the next run. */
  | { readonly kind: "unremembered"; readonly reason: string };

export interface ExamineDeps {
  readonly signatures: SignatureSet;
  readonly probes: Readonly<Record<ProtocolId, Probe>>;
  readonly onStep?: (step: IdentifyStep) => void;
}

/** So sure that nothing more is asked. */
export const CONFIDENT = 0.9;

/** Tries one protocol after the other until the verdict is certain or the budget is spent.
 *  @throws the signal's reason */
export async function examine(
  visit: OpenVisit,
  target: Target,
  deps: ExamineDeps,
  signal: AbortSignal,
): Promise<void> {
  const { probes, signatures, onStep } = deps;
  const order = orderOf(target, probes);
  for (const [at, protocol] of order.entries()) {
    if (!isWorthTrying(visit, target, probes[protocol])) continue;
    onStep?.({ kind: "probing", protocol, port: visit.portOf(protocol) });
    const later = order.slice(at + 1).map((id) => probes[id]);
    await ask(visit, probes[protocol], later, signal);
    const verdict = judge(visit.facts, signatures);
    const state = visit.states.get(protocol);
    const isShut = state === "closed" || state === "filtered";
    onStep?.({ kind: "probed", protocol, confidence: verdict.confidence, ...(isShut && { state }) });
    const reason = reasonToStop(visit, protocol, verdict, target);
    if (reason === undefined) continue;
    onStep?.({ kind: "stopped", reason });
    return;
  }
}

function isWorthTrying(visit: OpenVisit, target: Target, probe: Probe): boolean {
  const { connections, frames } = visit.left;
  if (frames < 1) return false;
  if (probe.transport === "tcp") return connections > 0;
  return !isSilentHost(visit) || isNamed(probe.protocol, target);
}

/** Not one TCP port said so much as no, which is what a host does that speaks UDP alone. */
const isSilentHost = (visit: OpenVisit): boolean =>
  visit.states.size > 0 && [...visit.states.values()].every((state) => state === "filtered");

const isNamed = (protocol: ProtocolId, { ports, protocols }: Target): boolean =>
  ports?.[protocol] !== undefined || protocols?.includes(protocol) === true;

/** Lets a probe spend what those after it need not. */
async function ask(
  visit: OpenVisit,
  probe: Probe,
  later: readonly Probe[],
  signal: AbortSignal,
): Promise<void> {
  const { connections, frames } = visit.left;
  const isMoreTcp = later.some(({ transport }) => transport === "tcp");
  const isBeforeOpcua = probe.protocol === "modbus" && later.some(({ protocol }) => protocol === "opcua");
  const share = {
    connections: Math.max(1, connections - (isMoreTcp ? 1 : 0)),
    frames: isBeforeOpcua ? Math.max(LEAST_FRAMES, frames - OPCUA_FRAMES) : frames,
  };
  try {
    await probe.run(visit.lend(share), signal);
  } finally {
    await visit.leave();
  }
}

/** An OPC UA server tells who it is after eight frames, and must be taken leave of; four tell what a Modbus server is,
 *  or that it does not say. */
const OPCUA_FRAMES = 8;
const LEAST_FRAMES = 4;

const DECOYS: readonly Nature[] = ["honeypot", "tar-pit", "web-server"];

function reasonToStop(
  visit: OpenVisit,
  protocol: ProtocolId,
  verdict: Verdict,
  target: Target,
): string | undefined {
  if (visit.distress !== undefined) return `the device showed distress: ${visit.distress}`;
  if (visit.states.get(protocol) === "unreachable") return "there is no way to the host";
  if (target.inventory === true) return undefined;
  if (DECOYS.includes(verdict.nature) && verdict.natureConfidence >= CONFIDENT) {
    return `it is a ${verdict.nature}`;
  }
  if (verdict.confidence < CONFIDENT || isRefusing(visit, verdict)) return undefined;
  return `the verdict is certain enough (${verdict.confidence.toFixed(2)})`;
}

/** Known, but not to be read this way: another protocol may do. */
const isRefusing = (visit: OpenVisit, { labels }: Verdict): boolean =>
  diagnose(findingsOf(visit, labels)).some(({ code }) => code.startsWith("S7_"));
