/** Stable codes; models/README.md explains each. */
export type ModelErrorCode =
  /** A package or manifest that is not what it must be, or asks for what this product has not. */
  | "MODEL_CONTRACT"
  | "MODEL_MISSING"
  /** Other bytes than were signed: size, digest, a file too many or too few. */
  | "MODEL_TAMPERED"
  /** No signature, a wrong one, or one by a key that is not trusted. */
  | "MODEL_UNSIGNED"
  /** A channel's pointer outside of its time. */
  | "MODEL_EXPIRED"
  /** Older than what was seen or committed before, and not declared to be a rollback. */
  | "MODEL_DOWNGRADED"
  /** Somebody else was first. */
  | "REGISTRY_CONFLICT"
  /** The store answers and will not: credentials, permission, a bucket that is not there. */
  | "REGISTRY_REFUSED"
  | "REGISTRY_UNREACHABLE"
  /** The quota, or the disk itself. */
  | "DISK_FULL"
  | "USAGE";

/** An error with a code to match on and a message for a technician: what, where, the mend. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "ModelError";
    this.code = code;
  }
}
