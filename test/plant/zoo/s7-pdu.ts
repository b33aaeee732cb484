import type { HeaderError } from "./s7-traits.ts";

/** An S7 PDU as it came in: header, parameters, data. */
export interface S7Pdu {
  /** ROSCTR: 1 job, 7 user data. */
  readonly kind: number;
  readonly reference: number;
  readonly parameters: Buffer;
  readonly data: Buffer;
  readonly length: number;
}

/** @returns undefined where the bytes are no S7 PDU of a client */
export function readPdu(bytes: Buffer): S7Pdu | undefined {
  if (bytes.length < 10 || bytes[0] !== 0x32) return undefined;
  const parameterEnd = 10 + bytes.readUInt16BE(6);
  const end = parameterEnd + bytes.readUInt16BE(8);
  if (end !== bytes.length) return undefined;
  return {
    kind: bytes[1] ?? 0,
    reference: bytes.readUInt16BE(4),
    parameters: bytes.subarray(10, parameterEnd),
    data: bytes.subarray(parameterEnd),
    length: bytes.length,
  };
}

/** The answer to a job: ROSCTR 3. */
export function jobAnswer(reference: number, parameters: Buffer, data: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([header(3, reference, parameters.length, data.length, 0), parameters, data]);
}

/** A job that fails as a whole. */
export function jobError(reference: number, rosctr: 2 | 3, error: HeaderError): Buffer {
  return header(rosctr, reference, 0, 0, error);
}

/** User data: ROSCTR 7, without an error in its header. */
export function userData(reference: number, parameters: Buffer, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(0x3207, 0);
  head.writeUInt16BE(reference, 4);
  head.writeUInt16BE(parameters.length, 6);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([head, parameters, data]);
}

function header(
  rosctr: number,
  reference: number,
  parameters: number,
  data: number,
  error: HeaderError,
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0x3200 | rosctr, 0);
  head.writeUInt16BE(reference, 4);
  head.writeUInt16BE(parameters, 6);
  head.writeUInt16BE(data, 8);
  head.writeUInt16BE(error, 10);
  return head;
}
