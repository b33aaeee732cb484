import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { decodeOpenChannel, type UaRefusal } from "../wire/opcua-answer.ts";
import { MOST_MESSAGE_BYTES } from "../wire/opcua-chunk.ts";
import { encodeHello, encodeOpenChannel, type UaContext } from "../wire/opcua-request.ts";
import { WireError } from "../wire/wire-error.ts";
import { uaRefusal } from "./opcua-failures.ts";
import type { UaLink } from "./opcua-link.ts";

/** Requests over a secure channel without security, which is opened and kept open. */
export interface UaConversation {
  /** Says hello and opens the channel. */
  open(endpointUrl: string, signal: AbortSignal): Promise<void>;
  /** @param step "to give its endpoints": what the server refuses, for the message
   *  @throws FingerError PLC_REFUSED, PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED; the signal's reason */
  ask<T extends { readonly kind: string }>(
    step: string,
    encode: (context: UaContext) => Buffer,
    decode: (body: Buffer) => T | UaRefusal,
    signal: AbortSignal,
  ): Promise<T>;
  loggedIn(session: Buffer): void;
}

const LIFETIME_MS = 3_600_000;
// A server lets a token live on for a quarter of its lifetime (OPC 10000-4, 5.6.2.1): it is renewed well before.
const RENEW_AFTER = 0.75;

export function createUaConversation(link: UaLink, where: string, clock: Clock): UaConversation {
  let context: UaContext = {
    channel: 0,
    token: 0,
    session: Buffer.alloc(0),
    sequence: 0,
    timeUs: undefined,
  };
  let renewAtMs = Number.POSITIVE_INFINITY;

  async function exchange<T extends { readonly kind: string }>(
    step: string,
    encode: (context: UaContext) => Buffer,
    decode: (body: Buffer) => T | UaRefusal,
    signal: AbortSignal,
  ): Promise<T> {
    context = { ...context, sequence: context.sequence + 1, timeUs: clock.nowUs() };
    const message = await link.exchange(encode(context), context.sequence, signal);
    const body = "body" in message ? message.body : Buffer.alloc(0);
    const answer = decodeBody(where, decode, body);
    if (isRefusal(answer)) throw uaRefusal(where, step, answer.status);
    return answer;
  }

  async function openChannel(isRenewal: boolean, signal: AbortSignal): Promise<void> {
    const encode = (each: UaContext) => encodeOpenChannel(each, isRenewal, LIFETIME_MS);
    const opened = await exchange("to open a channel without security", encode, decodeOpenChannel, signal);
    if (opened.kind !== "channel") return;
    context = { ...context, channel: opened.channel, token: opened.token };
    renewAtMs = clock.monotonicMs() + RENEW_AFTER * opened.lifetimeMs;
  }

  return {
    async open(endpointUrl, signal) {
      await link.exchange(encodeHello(endpointUrl, MOST_MESSAGE_BYTES), undefined, signal);
      await openChannel(false, signal);
    },
    async ask(step, encode, decode, signal) {
      if (clock.monotonicMs() >= renewAtMs) await openChannel(true, signal);
      return exchange(step, encode, decode, signal);
    },
    loggedIn(session) {
      context = { ...context, session };
    },
  };
}

function isRefusal(answer: { readonly kind: string }): answer is UaRefusal {
  return answer.kind === "refusal";
}

function decodeBody<T>(where: string, decode: (body: Buffer) => T, body: Buffer): T {
  try {
    return decode(body);
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    throw new FingerError("PDU_MALFORMED", `${where} sent a malformed answer, ${thrown.message}`, {
      cause: thrown,
      diagnosis: "MALFORMED_ANSWER",
    });
  }
}
