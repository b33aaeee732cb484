import { ModelError } from "./model-error.ts";

/** The two chunks of a glTF binary. */
export interface Glb {
  readonly json: unknown;
  readonly binary: Uint8Array;
}

// glTF 2.0, section 4.4: binary glTF layout; all numbers little-endian.
const MAGIC = 0x46546c67;
const VERSION = 2;
const HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ModelError("its JSON chunk cannot be read", { cause });
  }
}

/** @throws ModelError where it is no glTF binary of version 2 */
export function readGlb(bytes: Uint8Array): Glb {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER_BYTES + CHUNK_HEADER_BYTES || view.getUint32(0, true) !== MAGIC)
    throw new ModelError("is not a glTF binary (.glb)");
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw new ModelError(`is glTF ${version}; only version 2 can be read`);
  if (view.getUint32(8, true) !== bytes.byteLength)
    throw new ModelError("is cut short or has bytes to spare");
  const chunks = new Map<number, Uint8Array>();
  for (let at = HEADER_BYTES; at < bytes.byteLength; ) {
    if (at + CHUNK_HEADER_BYTES > bytes.byteLength) throw new ModelError("is cut short");
    const end = at + CHUNK_HEADER_BYTES + view.getUint32(at, true);
    if (end > bytes.byteLength) throw new ModelError("is cut short");
    const kind = view.getUint32(at + 4, true);
    if (!chunks.has(kind)) chunks.set(kind, bytes.subarray(at + CHUNK_HEADER_BYTES, end));
    at = end;
  }
  const json = chunks.get(JSON_CHUNK);
  if (json === undefined) throw new ModelError("has no JSON chunk");
  return { json: parse(json), binary: chunks.get(BINARY_CHUNK) ?? new Uint8Array() };
}
