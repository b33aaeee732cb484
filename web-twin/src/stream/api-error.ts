export type ApiErrorKind = "unauthorized" | "not-found" | "unreachable" | "timeout" | "refused" | "malformed";

/** Why the agent did not do what the page asked. */
export class ApiError extends Error {
  readonly kind: ApiErrorKind;

  constructor(kind: ApiErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApiError";
    this.kind = kind;
  }
}
