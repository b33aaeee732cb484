import { createCursor } from "./cursor.ts";
import { decodeS7Header, encodeS7Request, S7_KIND } from "./s7-header.ts";
import { WireError } from "./wire-error.ts";

/** What both sides agree upon before the first job: "setup communication". */
export interface S7Setup {
  /** Jobs that may be unanswered at once: of the caller, and of the called side. */
  readonly amqCalling: number;
  readonly amqCalled: number;
  /** Bytes of the longest PDU. */
  readonly pduSize: number;
}

export type S7SetupReply =
  | ({ readonly kind: "granted" } & S7Setup)
  /** Error class and code. */
  | { readonly kind: "refused"; readonly error: number };

const FUNCTION_SETUP = 0xf0;
const PARAMETER_BYTES = 8;

/** TPKT and COTP included. */
export function encodeSetupRequest({ amqCalling, amqCalled, pduSize }: S7Setup, number = 0): Buffer {
  const parameters = Buffer.alloc(PARAMETER_BYTES);
  parameters.writeUInt8(FUNCTION_SETUP, 0);
  parameters.writeUInt16BE(amqCalling, 2);
  parameters.writeUInt16BE(amqCalled, 4);
  parameters.writeUInt16BE(pduSize, 6);
  return encodeS7Request(S7_KIND.job, number, parameters, Buffer.alloc(0));
}

/** @param pdu without TPKT and COTP
 *  @throws WireError where it is no answer to a setup */
export function decodeSetupReply(pdu: Buffer): S7SetupReply {
  const header = decodeS7Header(pdu);
  if (header.kind !== S7_KIND.ack && header.kind !== S7_KIND.ackData) {
    throw new WireError(1, `kind ${header.kind} is no answer`);
  }
  if (header.error !== 0) return { kind: "refused", error: header.error };
  const parametersAt = pdu.length - header.data.length - header.parameters.length;
  const cursor = createCursor(pdu, parametersAt);
  const called = cursor.u8("the function");
  if (called !== FUNCTION_SETUP) throw new WireError(parametersAt, `function ${called} is no setup`);
  cursor.skip(1, "a reserved byte");
  const amqCalling = cursor.u16("the jobs of the caller");
  const amqCalled = cursor.u16("the jobs of the called side");
  const pduSize = cursor.u16("the PDU size");
  if (cursor.left > 0) cursor.fail("bytes follow the setup");
  return { kind: "granted", amqCalling, amqCalled, pduSize };
}
