import type { ProtocolId } from "../fingerprint.ts";
import { bytesOf, createNoter, decoded } from "./note.ts";
import type { AnswerLength, ProbeLine, Visit } from "./probe.ts";

/** One question and how to read its answer. */
export interface Question<T> {
  readonly frame: Buffer;
  readonly length: AnswerLength;
  /** Throws a WireError where the answer is not that of the protocol. */
  readonly decode: (bytes: Buffer) => T;
}

export interface Reply<T> {
  readonly reply: T;
  readonly bytes: Buffer;
  readonly rttMs: number;
}

/** Lets `use` talk over one connection (or UDP socket) and closes it whatever happens.
 *  @returns false where there is none */
export async function withLine(
  visit: Visit,
  protocol: ProtocolId,
  transport: "tcp" | "udp",
  signal: AbortSignal,
  use: (line: ProbeLine) => Promise<void>,
): Promise<boolean> {
  const connected = await (transport === "tcp"
    ? visit.connect(protocol, signal)
    : visit.datagram(protocol, signal));
  if (connected.kind !== "open") return false;
  try {
    await use(connected.line);
    return true;
  } finally {
    await connected.line.close();
  }
}

/** Asks, and notes that the protocol is spoken where the answer is its own, or else what came in its place.
 *  @returns undefined where there is no such answer */
export async function ask<T>(
  visit: Visit,
  protocol: ProtocolId,
  line: ProbeLine,
  { frame, length, decode }: Question<T>,
  signal: AbortSignal,
): Promise<Reply<T> | undefined> {
  if (visit.left.frames < 1) return undefined;
  const answer = await line.ask(frame, length, signal);
  if (answer.kind === "forbidden") return undefined;
  const bytes = bytesOf(answer);
  const note = createNoter(visit, protocol, bytes);
  const reply = bytes.length === 0 ? undefined : decoded(decode, bytes);
  if (reply === undefined) {
    const what = bytes.length > 0 ? "garbage" : answer.kind;
    note("answer", what, `${what} where an answer of ${protocol} is due`);
    return undefined;
  }
  note("speaks", true, `it speaks ${protocol}`);
  return { reply, bytes, rttMs: answer.kind === "bytes" ? answer.rttMs : answer.afterMs };
}
