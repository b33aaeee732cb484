import { FingerError } from "@stethos/protocol-finger/settings";
import { EdgeError, type EdgeErrorCode } from "../../core/errors.ts";

/** Errors of the client keep their code, words and cause; anything else is passed on as it is. */
export async function asEdgeError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof FingerError)) throw thrown;
    const code: EdgeErrorCode = CODES.find((known) => known === thrown.code) ?? "PLC_REFUSED";
    throw new EdgeError(code, thrown.message, { cause: thrown, diagnosis: thrown.diagnosis });
  }
}

const CODES = ["PDU_MALFORMED", "PLC_REFUSED", "PLC_TIMEOUT", "PLC_UNREACHABLE"] as const;
