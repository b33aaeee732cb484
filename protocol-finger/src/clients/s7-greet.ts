import { s7Refusal } from "../s7/refusal.ts";
import { joinAnswer } from "../wire/cotp.ts";
import { decodeConnectReply, encodeConnectRequest } from "../wire/cotp-connect.ts";
import { decodeSetupReply, encodeSetupRequest, type S7Setup } from "../wire/s7-setup.ts";
import { explainConnect, explainSetup } from "./s7-failures.ts";
import type { S7Link } from "./s7-link.ts";

/** What is asked for in the greetings. */
export interface Greeting {
  readonly localTsap: number;
  readonly remoteTsap: number;
  readonly pduSize: number;
  readonly jobsInFlight: number;
  readonly connectTimeoutMs: number;
}

// Larger PDUs than this has room for are granted by no S7.
const TPDU_BYTES = 1024;

/** Opens the ISO connection.
 *  @throws FingerError PLC_REFUSED, PLC_TIMEOUT with its diagnosis; the signal's reason */
export async function greetIso(
  link: S7Link,
  { localTsap, remoteTsap, connectTimeoutMs }: Greeting,
  where: string,
  signal: AbortSignal,
): Promise<void> {
  const packet = encodeConnectRequest({ reference: 1, localTsap, remoteTsap, tpduSize: TPDU_BYTES });
  const explain = explainConnect(where);
  const reply = await link.ask(
    { packet: () => packet, take: decodeConnectReply, timeoutMs: connectTimeoutMs, explain },
    signal,
  );
  if (reply.kind === "disconnect") {
    throw explain("closed", new Error(`disconnect request, reason ${reply.reason}`));
  }
}

/** Agrees upon PDU and jobs in flight.
 *  @throws as greetIso */
export async function greetS7(
  link: S7Link,
  { jobsInFlight, pduSize, connectTimeoutMs }: Greeting,
  where: string,
  signal: AbortSignal,
): Promise<S7Setup> {
  const packet = encodeSetupRequest({ amqCalling: jobsInFlight, amqCalled: jobsInFlight, pduSize });
  const explain = explainSetup(where);
  const reply = await link.ask(
    {
      packet: () => packet,
      take: (answer) => decodeSetupReply(joinAnswer(answer)),
      timeoutMs: connectTimeoutMs,
      explain,
    },
    signal,
  );
  if (reply.kind === "granted") return { ...reply, pduSize: Math.min(reply.pduSize, pduSize) };
  throw explain("malformed", new Error(s7Refusal(reply.error).reason));
}
