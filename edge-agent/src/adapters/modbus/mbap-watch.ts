/** Follows the frame borders of a Modbus/TCP stream, because modbus-serial's port believes any length field: a wrong
 *  one would stop it for good and let its buffer grow (node-modbus-serial #599). */
export interface MbapWatch {
  /** Look at bytes as they come.
   *  @returns what is wrong, or undefined */
  see(bytes: Uint8Array): string | undefined;
  /** True between the first and the last byte of a frame. */
  readonly isInsideFrame: boolean;
}

/** Transaction id, protocol id, length (Modbus Messaging on TCP/IP V1.0b, 3.1.3). */
const HEADER_BYTES = 6;
/** Unit, function and an exception code. */
const LEAST_LENGTH = 3;
/** Unit and a PDU of 253 bytes (Messaging V1.0b, 3.1.2). */
const MOST_LENGTH = 254;

export function createMbapWatch(): MbapWatch {
  const header = new Uint8Array(HEADER_BYTES);
  let filled = 0;
  let bodyLeft = 0;

  function headerFault(): string | undefined {
    const [, , p1 = 0, p0 = 0, l1 = 0, l0 = 0] = header;
    const protocol = p1 * 256 + p0;
    const length = l1 * 256 + l0;
    if (protocol !== 0) return `protocol id ${protocol} at byte 2 of a reply's header instead of 0`;
    if (length < LEAST_LENGTH || length > MOST_LENGTH) {
      return `length ${length} at byte 4 of a reply's header, possible are ${LEAST_LENGTH} to ${MOST_LENGTH}`;
    }
    bodyLeft = length;
    filled = 0;
    return undefined;
  }

  function see(bytes: Uint8Array): string | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (bodyLeft > 0) {
        const step = Math.min(bodyLeft, bytes.length - at);
        bodyLeft -= step;
        at += step;
        continue;
      }
      header[filled] = bytes[at] ?? 0;
      filled += 1;
      at += 1;
      const fault = filled === HEADER_BYTES ? headerFault() : undefined;
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  return {
    see,
    get isInsideFrame() {
      return bodyLeft > 0 || filled > 0;
    },
  };
}
