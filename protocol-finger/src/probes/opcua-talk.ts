import { decodeMessage, messageLength, type UaMessage } from "../wire/opcua-chunk.ts";
import type { UaContext } from "../wire/opcua-request.ts";
import { WireError } from "../wire/wire-error.ts";
import { bytesOf } from "./note.ts";
import type { ProbeLine } from "./probe.ts";

/** What became of one request. */
export type Reply<T> =
  | { readonly kind: "reply"; readonly reply: T; readonly bytes: Buffer; readonly rttMs: number }
  /** The server ended the connection with a reason. */
  | { readonly kind: "error"; readonly status: number; readonly reason: string; readonly bytes: Buffer }
  | { readonly kind: "silence" | "closed" | "garbage" | "forbidden"; readonly bytes: Buffer };

/** One connection, as far as it has come. */
export interface UaTalk {
  hello(frame: Buffer): Promise<Reply<UaMessage>>;
  /** @param encode gets what this message must bear */
  ask<T>(encode: (context: UaContext) => Buffer, decode: (body: Buffer) => T): Promise<Reply<T>>;
  opened(channel: number, token: number, timeUs: number | undefined): void;
  loggedIn(session: Buffer): void;
}

export function createUaTalk(line: ProbeLine, signal: AbortSignal): UaTalk {
  let context: UaContext = { channel: 0, token: 0, session: Buffer.alloc(0), sequence: 0, timeUs: undefined };

  async function exchange<T>(frame: Buffer, decode: (message: UaMessage) => T): Promise<Reply<T>> {
    const answer = await line.ask(frame, messageLength, signal);
    const bytes = bytesOf(answer);
    if (answer.kind !== "bytes" && bytes.length === 0) return { kind: answer.kind, bytes };
    try {
      const message = decodeMessage(bytes);
      if (message.kind === "error") return { ...message, bytes };
      const rttMs = answer.kind === "bytes" ? answer.rttMs : 0;
      return { kind: "reply", reply: decode(message), bytes, rttMs };
    } catch (thrown) {
      if (thrown instanceof WireError) return { kind: "garbage", bytes };
      throw thrown;
    }
  }

  return {
    hello: (frame) => exchange(frame, (message) => message),
    ask(encode, decode) {
      context = { ...context, sequence: context.sequence + 1 };
      return exchange(encode(context), (message) => {
        if (message.kind === "channel" || message.kind === "service") return decode(message.body);
        throw new WireError(0, "the server acknowledges where it should answer");
      });
    },
    opened(channel, token, timeUs) {
      context = { ...context, channel, token, timeUs };
    },
    loggedIn(session) {
      context = { ...context, session };
    },
  };
}
