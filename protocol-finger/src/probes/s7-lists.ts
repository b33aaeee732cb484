import { isAnswerError, s7Refusal } from "../s7/refusal.ts";
import { createSzlJoin, type SzlProgress } from "../wire/s7-szl-join.ts";
import type { SzlList } from "../wire/s7-szl-list.ts";
import { createNoter, decoded } from "./note.ts";
import type { Visit } from "./probe.ts";
import type { SzlQuestion } from "./s7-frames.ts";
import { codeText } from "./s7-note.ts";
import { pduOf, type S7Talk, type Said } from "./s7-talk.ts";

/** A list as far as it came, and whether anything more can be asked. */
export interface Listed {
  readonly list?: SzlList;
  /** Of the last answer. */
  readonly bytes: Buffer;
  /** Requests that it took. */
  readonly parts: number;
  /** The answer leaves out what no controller does. */
  readonly isCurt?: boolean;
  readonly isOver: boolean;
}

/** Reads a system status list, joined of its parts as far as the frames last. What the controller does not have is
 *  noted. */
export async function readList(visit: Visit, talk: S7Talk, { id, index }: SzlQuestion): Promise<Listed> {
  const join = createSzlJoin(id, index);
  for (let parts = 1; ; parts += 1) {
    const said = await talk.ask(join.request(talk.nextNumber()));
    const { bytes } = said;
    const progress = progressOf(said, join.take);
    if (progress === undefined) {
      noteEnd(visit, id, said);
      return { ...listOf(decoded(join.partial, bytes)), bytes, parts, isOver: said.kind !== "packet" };
    }
    if (progress.kind === "whole") {
      const { list, isCurt } = progress;
      return { list, bytes, parts, isCurt, isOver: false };
    }
    if (progress.kind === "refused") {
      noteRefusal(visit, id, progress.error, bytes);
      return { bytes, parts, isOver: false };
    }
    if (visit.left.frames < 1) return { ...listOf(decoded(join.partial, bytes)), bytes, parts, isOver: true };
  }
}

const listOf = (list: SzlList | undefined): Pick<Listed, "list"> => (list === undefined ? {} : { list });

function progressOf(said: Said, take: (pdu: Buffer) => SzlProgress): SzlProgress | undefined {
  const pdu = pduOf(said);
  return pdu === undefined ? undefined : decoded(take, pdu);
}

const NOT_AVAILABLE = 0xd402;

function noteRefusal(visit: Visit, id: number, error: number, bytes: Buffer): void {
  // Return codes are worded for memory.
  const { reason } = s7Refusal(isAnswerError(error) ? error : NOT_AVAILABLE);
  const observed = `refuses list ${codeText(id)}: ${reason} (${codeText(error)})`;
  createNoter(visit, "s7", bytes)("szlRefused", error, observed);
}

/** A LOGO! hangs up when it is asked for a list (apache/plc4x #640). */
function noteEnd(visit: Visit, id: number, said: Said): void {
  if (said.kind === "forbidden") return;
  const what = {
    closed: "ends the connection when asked for",
    silence: "leaves unanswered the request for",
    packet: "answers with something else the request for",
  }[said.kind];
  const value = said.kind === "packet" ? "other" : said.kind;
  createNoter(visit, "s7", said.bytes)("szlEnded", value, `${what} list ${codeText(id)}`);
}
