import { type FactView, viewFacts } from "./fact-view.ts";
import type { Findings } from "./findings.ts";
import type { Labels } from "./fingerprint.ts";
import type { S7Profile } from "./profile-types.ts";

interface FamilyManners {
  readonly localTsap: number;
  /** S7 basic (03) or OP (02), rack 0 and the family's slot; of LOGO! and S7-200 their own. */
  readonly remoteTsap: number;
  /** What the family grants at most. */
  readonly pduSize: number;
  /** To ask for; the controller grants what it can. */
  readonly jobs: number;
}

const OLD: FamilyManners = { localTsap: 0x0100, remoteTsap: 0x0302, pduSize: 240, jobs: 1 };

/** Slots and TSAPs: nodeS7.js, python-snap7's Logo client, S7NetPlus #332. PDU of an S7-400: Siemens, System Software for
 *  S7-300/400, volume 2; of an S7-1500: Beckhoff TF6620. Jobs of an S7-400: wincc_s400_production of
 *  ITI/ICS-Security-Tools. */
const FAMILIES: Readonly<Record<string, FamilyManners>> = {
  "S7-400": { localTsap: 0x0100, remoteTsap: 0x0303, pduSize: 480, jobs: 2 },
  "S7-1200": { localTsap: 0x0100, remoteTsap: 0x0301, pduSize: 240, jobs: 3 },
  "S7-1500": { localTsap: 0x0100, remoteTsap: 0x0301, pduSize: 960, jobs: 8 },
  "LOGO!": { ...OLD, remoteTsap: 0x0200 },
  "S7-200": { ...OLD, localTsap: 0x1000, remoteTsap: 0x1001 },
};
const NATIVE_FAMILIES: readonly (string | undefined)[] = ["S7-400", "S7-1200", "S7-1500"];

/** Siemens, System Software for S7-300/400, volume 2: 222 of 240, 462 of 480, 942 of 960 bytes are data. */
const PDU_OVERHEAD = 18;
/** The same: paths through a CP are guaranteed 160 bytes. */
const CP_READ_BYTES = 160;
/** An integrated port answers in 7 ms at most (captured: IM151-8, 3000 jobs), a CP takes 30 and more. */
const CP_LATENCY_MS = 15;
/** Unwanted bytes that cost less than the header of another item in request and answer. */
const MERGE_GAP = 32;
const COMPAT_PDU = 240;
const FEW_CONNECTIONS = 16;
const PROGRAMMER = 0x01;
const PANEL = 0x02;

/** How to speak S7 to a device that does, or may. */
export function s7Profile({ labels, facts }: Findings, port: number): S7Profile {
  const view = viewFacts(facts);
  const manners = FAMILIES[labels.family ?? ""] ?? OLD;
  const compat = whyCompat(labels, view);
  const isSlow = (view.number("s7.jobLatencyMs") ?? 0) >= CP_LATENCY_MS;
  const isThroughCp = isSlow && compat !== undefined;
  const pduSize = compat === undefined ? nativePdu(manners, view) : COMPAT_PDU;
  const budget = view.number("s7.connections") ?? 0;
  const remoteTsap = remoteTsapOf(manners, view);
  return {
    mode: compat === undefined ? "s7-native" : "s7-compat",
    port,
    why: [
      compat ?? whyNative(labels),
      ...(isThroughCp ? ["as slow as through a CP: 160 bytes a job"] : []),
    ].join("; "),
    ...(budget > 0 && { connectionBudget: budget }),
    connectTimeoutMs: 5000,
    requestTimeoutMs: isSlow ? 5000 : 2000,
    minGapMs: isThroughCp ? 5 : 0,
    jobsInFlight: compat === undefined ? Math.max(manners.jobs, 2) : 1,
    localTsap: manners.localTsap,
    remoteTsap,
    pduSize,
    maxReadBytes: isThroughCp ? CP_READ_BYTES : pduSize - PDU_OVERHEAD,
    maxMergeGap: isDrive(labels, remoteTsap) ? 0 : MERGE_GAP,
  };
}

/** Why the device is treated as one of 2008; undefined where it need not be. */
function whyCompat({ family, firmware }: Labels, view: FactView): string | undefined {
  if (NATIVE_FAMILIES.includes(family)) return undefined;
  const what = family ?? "S7 of an unknown family";
  const major = /^V?(\d+)/.exec(firmware ?? "")?.[1];
  if (family === "S7-300" && major !== undefined && Number(major) < 3) {
    return `${what} with firmware ${firmware}: PDU 240, one job at a time`;
  }
  const pduSize = view.number("s7.pduSize");
  if (pduSize === undefined || pduSize <= COMPAT_PDU) return `${what}, PDU 240: one job at a time`;
  const connections = view.number("s7.connections");
  if (connections !== undefined && connections <= FEW_CONNECTIONS) {
    return `${what} with ${connections} connections in all: one job at a time`;
  }
  return undefined;
}

const whyNative = ({ family }: Labels): string =>
  `classic S7, ${family ?? "a controller that grants a large PDU"}`;

/** What the family has, or what was granted, where 480 were asked for. */
const nativePdu = ({ pduSize }: FamilyManners, view: FactView): number =>
  Math.max(pduSize, view.number("s7.pduSize") ?? 0);

/** The one that was found; never the programmer's, which would lock the engineer out. */
function remoteTsapOf(manners: FamilyManners, view: FactView): number {
  const found = view.number("s7.tsap") ?? manners.remoteTsap;
  return found >> 8 === PROGRAMMER ? (PANEL << 8) | (found & 0xff) : found;
}

/** Parameters of a drive may not be read together (nodeS7's README); drives have slot 0. */
const isDrive = ({ family, nature }: Labels, remoteTsap: number): boolean =>
  nature === "drive" || (!NATIVE_FAMILIES.includes(family) && (remoteTsap & 0xff) === 0);
