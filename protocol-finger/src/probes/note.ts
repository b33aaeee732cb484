import type { FactValue, ProtocolId } from "../fingerprint.ts";
import { plainText } from "../wire/cursor.ts";
import { WireError } from "../wire/wire-error.ts";
import type { Answer, Visit } from "./probe.ts";

/** Notes a fact of one protocol: its key without the protocol. Nothing is noted where the value is absent or empty. */
export type Noter = (name: string, value: FactValue | undefined, observed: string) => void;

// Enough to see what came; whole answers are in the log of bytes.
const MOST_BYTES_SHOWN = 64;
const MOST_CHARACTERS = 1000;

/** @param bytes what proves the facts that are noted with it */
export function createNoter(visit: Visit, protocol: ProtocolId, bytes: Buffer): Noter {
  return (name, value, observed) => {
    if (value === undefined || value === "") return;
    visit.note({
      probe: protocol,
      key: `${protocol}.${name}`,
      value: typeof value === "string" ? value.slice(0, MOST_CHARACTERS) : value,
      observed,
      bytes: bytes.subarray(0, MOST_BYTES_SHOWN).toString("hex"),
    });
  };
}

/** What came before an answer ended, whatever ended it. */
export function bytesOf(answer: Answer): Buffer {
  if (answer.kind === "bytes") return answer.bytes;
  return answer.kind === "forbidden" ? Buffer.alloc(0) : answer.partial;
}

/** What `decode` makes of `bytes`, or undefined where they are malformed: which is a result like any other. */
export function decoded<T>(decode: (bytes: Buffer) => T, bytes: Buffer): T | undefined {
  try {
    return decode(bytes);
  } catch (thrown) {
    if (thrown instanceof WireError) return undefined;
    throw thrown;
  }
}

const LEAST_TEXT = 4;
const LEAST_SHARE = 0.9;

/** First line of an answer that is text and not the protocol that was asked for; undefined where it is none. */
export function firstLine(bytes: Buffer): string | undefined {
  const line = bytes.toString("latin1").split(/[\r\n]/, 1)[0] ?? "";
  const printable = line.replace(/[^\x20-\x7e]/g, "").length;
  if (printable < LEAST_TEXT || printable < LEAST_SHARE * line.length) return undefined;
  return plainText(Buffer.from(line, "latin1")).slice(0, MOST_CHARACTERS);
}

/** For a UDP socket: whatever comes in one datagram is the answer. */
export const wholeDatagram = (bytes: Buffer): number => bytes.length;
