import type { DiagnosisCode } from "../diagnosis/diagnosis.ts";
import { FingerError, type FingerErrorCode } from "../finger-error.ts";

/** How a question ended without an answer. */
export type Failure = "silence" | "closed" | "malformed";

/** Makes an error of it; the one that asks knows what it means. */
export type Explain = (failure: Failure, cause: unknown) => FingerError;

/** While TCP, ISO and S7 greet, each failure has its own cause. */
export const explainConnect: (where: string) => Explain = (where) => (failure, cause) => {
  if (failure === "malformed") {
    const what = `what answers at ${where} does not speak S7`;
    return error("PLC_REFUSED", "NOT_A_CONTROLLER", `${what}: is this the controller's address?`, cause);
  }
  const did = failure === "silence" ? "left the ISO connection request unanswered" : "hung up";
  return error(
    failure === "silence" ? "PLC_TIMEOUT" : "PLC_REFUSED",
    "S7_TSAP_REFUSED",
    `${where} ${did}: check rack and slot (or the TSAPs), and whether the controller has a connection left`,
    cause,
  );
};

export const explainSetup: (where: string) => Explain = (where) => (failure, cause) => {
  const did = {
    silence: "left the S7 greeting unanswered",
    closed: "hung up at the S7 greeting",
    malformed: "answered the S7 greeting with something else",
  }[failure];
  return error(
    failure === "silence" ? "PLC_TIMEOUT" : "PLC_REFUSED",
    "S7_NO_SETUP_REPLY",
    `${where} took the connection but ${did}: try a PDU of 240 and connection type basic`,
    cause,
  );
};

export const explainJob: (where: string) => Explain = (where) => (failure, cause) => {
  switch (failure) {
    case "silence":
      return error(
        "PLC_TIMEOUT",
        "LINK_LOST",
        `${where} left a request unanswered: the connection is given up`,
        cause,
      );
    case "closed":
      return error("PLC_UNREACHABLE", "LINK_LOST", `${where} closed the connection`, cause);
    case "malformed":
      return error("PDU_MALFORMED", "MALFORMED_ANSWER", `${where} sent what is no answer`, cause);
  }
};

function error(
  code: FingerErrorCode,
  diagnosis: DiagnosisCode,
  message: string,
  cause: unknown,
): FingerError {
  const because = cause instanceof Error && cause.message !== "" ? ` (${cause.message})` : "";
  return new FingerError(code, `${message}${because}`, {
    diagnosis,
    ...(cause === undefined ? {} : { cause }),
  });
}
