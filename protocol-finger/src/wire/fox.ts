import { WireError } from "./wire-error.ts";

/** What a Niagara station says of itself in its hello, by its own keys: "app.version", "brandId". */
export type FoxHello = ReadonlyMap<string, string>;

const END = ";;\n";
const MOST_BYTES = 16_384;

/** The hello of public scanners; a workbench says the same and more. */
export function encodeFoxHello(): Buffer {
  return Buffer.from("fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\n};;\n", "latin1");
}

/** Bytes up to the end of the first message; undefined until it is there.
 *  @throws WireError where this is no Fox */
export function foxLength(bytes: Buffer): number | undefined {
  const start = bytes.toString("latin1", 0, 4);
  if (start !== "fox ".slice(0, start.length)) throw new WireError(0, "this is no Fox message");
  const end = bytes.indexOf(END);
  if (end !== -1) return end + END.length;
  if (bytes.length > MOST_BYTES) throw new WireError(bytes.length, "the message does not end");
  return undefined;
}

/** @throws WireError */
export function decodeFoxHello(bytes: Buffer): FoxHello {
  const length = foxLength(bytes);
  if (length === undefined) throw new WireError(bytes.length, "the message is cut short");
  const text = bytes.toString("utf8", 0, length);
  // "0" is the station's side: our own hello, sent back, has a 1 there.
  if (!/^fox a 0 \S+ fox hello\n\{/.test(text)) throw new WireError(4, "this is no hello of a station");
  const pairs = text.matchAll(/^([\w.]+)=[a-z]:([^\n]*)$/gm);
  return new Map(Array.from(pairs, ([, key = "", value = ""]) => [key, value.replace(/\p{Cc}/gu, ".")]));
}
