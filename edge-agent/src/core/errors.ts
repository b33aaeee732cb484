/** Stable codes of errors that cross a module edge; the table in edge-agent/README.md explains each. */
export type EdgeErrorCode =
  | "ADDRESS_INVALID"
  | "AGENT_UNREACHABLE"
  | "API_REFUSED"
  | "CONFIG_INVALID"
  | "CONFIG_UNREADABLE"
  | "DATA_INVALID"
  | "DISK_FULL"
  | "DOCTOR_FAILED"
  | "HISTORY_CORRUPT"
  | "HISTORY_FAILED"
  | "IMPORT_FAILED"
  | "MODEL_CONTRACT"
  | "MODEL_DOWNGRADED"
  | "MODEL_EXPIRED"
  | "MODEL_MISSING"
  | "MODEL_TAMPERED"
  | "MODEL_UNSIGNED"
  | "OUTBOX_FAILED"
  | "PDU_MALFORMED"
  | "PLC_REFUSED"
  | "PLC_TIMEOUT"
  | "PLC_UNREACHABLE"
  | "REGISTRY_CONFLICT"
  | "REGISTRY_REFUSED"
  | "REGISTRY_UNREACHABLE"
  | "SCORER_FAILED";

/** An error with a code to match on and a message for a technician: what, where, the mend. */
export class EdgeError extends Error {
  readonly code: EdgeErrorCode;
  /** The likely cause, where the device's behaviour tells: a code of protocol-finger's diagnosis. */
  readonly diagnosis: string | undefined;

  constructor(
    code: EdgeErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly diagnosis?: string | undefined } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "EdgeError";
    this.code = code;
    this.diagnosis = options.diagnosis;
  }
}

/** The code of the likely cause of a lost or refused connection, where the error or the circumstances tell.
 *  @param wasUp the connection had been working */
export function likelyCause(error: EdgeError, wasUp: boolean): string | undefined {
  if (error.diagnosis !== undefined) return error.diagnosis;
  if (error.code === "PDU_MALFORMED") return "MALFORMED_ANSWER";
  return wasUp ? "LINK_LOST" : undefined;
}

/** The text of anything thrown, with its causes, on one line. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? "" : ` (${describeError(thrown.cause)})`;
  return `${thrown.message || thrown.name}${cause}`;
}

/** The end of an exhaustive switch: the compiler refuses a forgotten case, the run names it. */
export function unreachable(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
