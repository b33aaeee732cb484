import { decodeSzlReply, encodeSzlFollowUp, encodeSzlRequest } from "./s7-szl.ts";
import { decodeSzlList, MOST_SZL_BYTES, type SzlList } from "./s7-szl-list.ts";
import { WireError } from "./wire-error.ts";

/** Reads one list, which a controller may send in several parts. */
export interface SzlJoin {
  /** The next request to send, TPKT included. */
  request(number: number): Buffer;
  /** @param pdu the answer to it
   *  @throws WireError where it is none, or the parts together are longer than any list */
  take(pdu: Buffer): SzlProgress;
  /** What came so far as a list; undefined where nothing came. */
  partial(): SzlList | undefined;
}

export type SzlProgress =
  | { readonly kind: "more" }
  | { readonly kind: "whole"; readonly list: SzlList; readonly parts: number; readonly isCurt: boolean }
  | { readonly kind: "refused"; readonly error: number };

// The smallest PDU carries 20 bytes and more of a list: what needs more parts than this goes on for ever.
const MOST_PARTS = 64;

/** @param index of the part of the list that is wanted; 0 for all of it */
export function createSzlJoin(id: number, index: number): SzlJoin {
  const parts: Buffer[] = [];
  let bytes = 0;
  let sequence: number | undefined;

  return {
    request: (number) =>
      sequence === undefined ? encodeSzlRequest(number, id, index) : encodeSzlFollowUp(number, sequence),
    take(pdu) {
      const reply = decodeSzlReply(pdu);
      if (reply.kind === "refused") return reply;
      parts.push(Buffer.from(reply.bytes));
      bytes += reply.bytes.length;
      if (bytes > MOST_SZL_BYTES || parts.length > MOST_PARTS) {
        throw new WireError(0, `list 0x${id.toString(16)} does not end after ${bytes} bytes`);
      }
      sequence = reply.sequence;
      if (!reply.isLast) return { kind: "more" };
      return {
        kind: "whole",
        list: decodeSzlList(Buffer.concat(parts)),
        parts: parts.length,
        isCurt: reply.isCurt,
      };
    },
    partial: () => (parts.length === 0 ? undefined : decodeSzlList(Buffer.concat(parts))),
  };
}
