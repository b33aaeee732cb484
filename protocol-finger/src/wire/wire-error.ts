/** Bytes that are not what the protocol says they must be, and where. What a peer sent is never asserted: each decoder
 *  throws this, and its caller makes an ordinary result of it. */
export class WireError extends Error {
  readonly code = "PDU_MALFORMED";
  /** Offset of the offending byte in the PDU that was decoded. */
  readonly offset: number;

  constructor(offset: number, what: string, options?: { readonly cause?: unknown }) {
    super(`malformed at offset ${offset}: ${what}`, options);
    this.name = "WireError";
    this.offset = offset;
  }
}
