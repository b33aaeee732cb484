import type { DiagnosisCode } from "@stethos/protocol-finger";
import {
  DisconnectError,
  decodeConnectReply,
  decodeSetupReply,
  joinAnswer,
  WireError,
} from "@stethos/protocol-finger/wire";

/** What is wrong with an answer to a greeting. */
export interface BadGreeting {
  /** For a sentence that begins with the address. */
  readonly says: string;
  readonly diagnosis: DiagnosisCode;
}

// An answer with one byte of data needs 19; below what any S7 grants there is an error.
const LEAST_PDU = 64;
// nodes7 reads sizes and numbers of jobs as signed numbers.
const MOST_SIGNED = 0x7fff;

/** What is wrong with the answer to the ISO connection request. */
export function refuseConnectReply(packet: Buffer): BadGreeting | undefined {
  const foreign: BadGreeting = {
    says: "answers the ISO connection request with something else: is it an S7?",
    diagnosis: "NOT_A_CONTROLLER",
  };
  const reply = unlessMalformed(() => decodeConnectReply(packet));
  if (reply === undefined) return foreign;
  if (reply.kind === "confirm") return undefined;
  return {
    says: "refuses the ISO connection: check rack and slot (or the TSAPs)",
    diagnosis: "S7_TSAP_REFUSED",
  };
}

/** What is wrong with the answer to the S7 greeting. */
export function refuseSetupReply(packet: Buffer): BadGreeting | undefined {
  const foreign: BadGreeting = {
    says: "answers the S7 greeting with something else: is it an S7?",
    diagnosis: "S7_NO_SETUP_REPLY",
  };
  const reply = unlessMalformed(() => decodeSetupReply(joinAnswer(packet)));
  if (reply === undefined) return foreign;
  if (reply.kind === "refused") {
    const error = reply.error.toString(16).toUpperCase().padStart(4, "0");
    return { says: `refuses the S7 greeting with error 0x${error}`, diagnosis: "S7_NO_SETUP_REPLY" };
  }
  const { pduSize, amqCalling, amqCalled } = reply;
  const areSound = pduSize >= LEAST_PDU && Math.max(pduSize, amqCalling, amqCalled) <= MOST_SIGNED;
  if (areSound) return undefined;
  return { says: `offers a PDU of ${pduSize} bytes, which is none`, diagnosis: "MALFORMED_ANSWER" };
}

function unlessMalformed<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (thrown) {
    if (thrown instanceof WireError || thrown instanceof DisconnectError) return undefined;
    throw thrown;
  }
}
