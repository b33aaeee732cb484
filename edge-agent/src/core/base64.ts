/** Base64 (RFC 4648 section 4) without the help of a platform. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES: ReadonlyMap<string, number> = new Map(
  [...ALPHABET].map((character, value) => [character, value]),
);

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += i + 1 < bytes.length ? ALPHABET.charAt((group >> 6) & 63) : "=";
    text += i + 2 < bytes.length ? ALPHABET.charAt(group & 63) : "=";
  }
  return text;
}

/** Undefined where the text is no padded base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0; i < text.length; i += 4) {
    let group = 0;
    for (let k = i; k < i + 4; k += 1) group = (group << 6) | (VALUES.get(text.charAt(k)) ?? 0);
    const place = (i / 4) * 3;
    // Beyond the end a typed array takes nothing, which drops the padding.
    bytes[place] = group >> 16;
    bytes[place + 1] = group >> 8;
    bytes[place + 2] = group;
  }
  return bytes;
}

/** Little-endian bytes of a typed array, in base64. */
export function packFloats(values: Float32Array | Float64Array): string {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  const width = values.BYTES_PER_ELEMENT;
  values.forEach((value, i) => {
    if (width === 4) view.setFloat32(4 * i, value, true);
    else view.setFloat64(8 * i, value, true);
  });
  return toBase64(bytes);
}

/** The inverse of {@link packFloats}: undefined where the text holds no whole number of finite values. */
export function unpackFloats<T extends 4 | 8>(
  text: string,
  width: T,
): (T extends 4 ? Float32Array : Float64Array) | undefined;
export function unpackFloats(text: string, width: 4 | 8): Float32Array | Float64Array | undefined {
  const bytes = fromBase64(text);
  if (bytes === undefined || bytes.length % width !== 0) return undefined;
  const view = new DataView(bytes.buffer);
  const count = bytes.length / width;
  const values = width === 4 ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    values[i] = width === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
    if (!Number.isFinite(values[i])) return undefined;
  }
  return values;
}
