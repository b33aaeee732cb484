import { type ConnectReply, decodeConnectReply, encodeConnectRequest } from "../wire/cotp-connect.ts";
import { createNoter, decoded } from "./note.ts";
import type { ProbeLine, Visit } from "./probe.ts";
import { byteText, noteCotp, noteStranger, tsapText } from "./s7-note.ts";
import { createS7Talk, type S7Talk, type Said } from "./s7-talk.ts";

/** A connection that the device has confirmed. */
export interface Confirmed {
  readonly line: ProbeLine;
  readonly talk: S7Talk;
}

/** Connection type basic in the slots that CPUs have: 2 is an S7-300's; 0 an S7-1200's, an S7-1500's (they take 1 too:
 *  snap7's manual, "Rack and slot") and a drive's; 3 most S7-400's. Then panel and programmer, whose resources are
 *  separate on some CPUs. Each costs a connection: as a rule three may be spent, and a slot is wrong more often than a
 *  type is. */
const TSAPS = [0x0302, 0x0300, 0x0303, 0x0301, 0x0202, 0x0102] as const;
const LOCAL_TSAP = 0x0100;
const REFERENCE = 0x0014;
const TPDU_BYTES = 1024;
// Who says nothing twice says nothing.
const MOST_SILENCES = 2;

/** Finds a TSAP that the device takes, one connection each, within what may be spent. Undefined, with the facts noted,
 *  where none is found; nothing is left open then. */
export async function findTsap(visit: Visit, signal: AbortSignal): Promise<Confirmed | undefined> {
  const refused: number[] = [];
  let silences = 0;
  for (const tsap of orderFor(visit)) {
    if (visit.left.connections < 1 || visit.left.frames < 1) break;
    const connected = await visit.connect("s7", signal);
    if (connected.kind !== "open") break;
    const { line } = connected;
    let isTaken = false;
    try {
      const talk = createS7Talk(line, signal);
      const said = await talk.ask(requestFor(tsap));
      const step = await judge(visit, tsap, said);
      isTaken = step === "confirmed";
      if (isTaken) return { line, talk };
      if (step === "end") break;
      refused.push(tsap);
      if (said.kind === "silence" && ++silences >= MOST_SILENCES) break;
    } finally {
      if (!isTaken) await line.close();
    }
  }
  noteRefused(visit, refused);
  return undefined;
}

/** Those first that were not refused in an earlier run. */
function orderFor(visit: Visit): readonly number[] {
  const refused = String(visit.fact("s7.refusedEarlier") ?? "").split(",");
  const isRefused = (tsap: number) => refused.includes(tsapText(tsap));
  return [...TSAPS.filter((tsap) => !isRefused(tsap)), ...TSAPS.filter(isRefused)];
}

const requestFor = (remoteTsap: number): Buffer =>
  encodeConnectRequest({ reference: REFERENCE, localTsap: LOCAL_TSAP, remoteTsap, tpduSize: TPDU_BYTES });

type Step = "confirmed" | "refused" | "end";

async function judge(visit: Visit, tsap: number, said: Said): Promise<Step> {
  if (said.kind === "forbidden") return "end";
  if (said.kind === "packet") {
    const reply = decoded(decodeConnectReply, said.bytes);
    if (reply === undefined) {
      noteStranger(visit, said.bytes);
      return "end";
    }
    if (reply.kind === "confirm") {
      noteConfirm(visit, tsap, reply, said.bytes);
      return "confirmed";
    }
    const what = `refuses TSAP ${tsapText(tsap)} with reason ${reply.reason} (disconnect request)`;
    noteCotp(visit, "refusal", "disconnect", what, said.bytes);
    return "refused";
  }
  if (said.bytes.length > 0) {
    noteStranger(visit, said.bytes);
    return "end";
  }
  const how = said.kind === "closed" ? said.how : "silence";
  const after = `${said.afterMs.toFixed(1)} ms after the connection request to TSAP ${tsapText(tsap)}`;
  noteCotp(visit, "refusal", how, `${HOW[how]} ${after}`, said.bytes);
  return "refused";
}

const HOW = { fin: "hung up", reset: "reset the connection", silence: "no answer" } as const;

/** @param tsap called; undefined where it is a name and no number */
export function noteConfirm(
  visit: Visit,
  tsap: number | undefined,
  reply: Extract<ConnectReply, { readonly kind: "confirm" }>,
  bytes: Buffer,
): void {
  const order = reply.parameters.map(byteText).join(",");
  const source = reply.sourceReference.toString(16).padStart(4, "0");
  noteCotp(visit, "ccOrder", order, `ISO confirmation with parameters ${order || "none"}`, bytes);
  noteCotp(visit, "sourceRef", reply.sourceReference, `ISO confirmation with reference ${source}`, bytes);
  if (reply.tpduSize !== undefined) {
    noteCotp(visit, "tpduSize", reply.tpduSize, `TPDU of ${reply.tpduSize} bytes`, bytes);
  }
  if (tsap === undefined) return;
  createNoter(visit, "s7", bytes)("tsap", tsap, `takes connections at TSAP ${tsapText(tsap)}`);
}

function noteRefused(visit: Visit, refused: readonly number[]): void {
  const list = refused.map(tsapText).join(",");
  createNoter(visit, "s7", Buffer.alloc(0))("refusedTsaps", list, `takes no connection at TSAP ${list}`);
}
