import type { AddressProblem } from "../../ports/driver.ts";

/** Kinds of identifiers (OPC 10000-3, NodeId): number, text, GUID, bytes. */
export type IdentifierKind = "i" | "s" | "g" | "b";

/** One variable of a server. */
export interface OpcuaAddress {
  /** A number is an index of the server's table; a text is a URI that stands in it. */
  readonly namespace: number | string;
  readonly kind: IdentifierKind;
  /** As the server's notation has it: decimal digits, text, GUID, base64. */
  readonly identifier: string;
  /** Part of an array in the notation of OPC 10000-4, NumericRange: "5", "0:99", "0:1,2:3". */
  readonly indexRange?: string;
}

export type ParsedAddress = { readonly address: OpcuaAddress } | { readonly problem: AddressProblem };

/** Reads `ns=2;s=Line1.Temp`, `i=2258`, `nsu=urn:plant:line1;s=Temp`, each with an optional index range `[0:99]`.
 *
 *  A text identifier may itself end in brackets (Siemens: `ns=3;s="Data".Values[5]`), so behind `s=` only brackets
 *  that hold a colon are an index range. */
export function parseOpcuaAddress(text: string): ParsedAddress {
  try {
    const { namespace, at } = readNamespace(text);
    return { address: readIdentifier(text, at, namespace) };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { problem: { at: thrown.at, message: thrown.message } };
    throw thrown;
  }
}

class Refusal extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

// A namespace index is a UInt16 and a numeric identifier a UInt32 (OPC 10000-6, 5.2.2.9).
const MOST_NAMESPACE = 65_535;
const MOST_NUMBER = 4_294_967_295;
// Longest text identifier (OPC 10000-3, NodeId).
const MOST_CHARACTERS = 4096;

function readNamespace(text: string): { readonly namespace: number | string; readonly at: number } {
  if (text.startsWith("nsu=")) {
    const end = text.indexOf(";");
    if (end < 0) throw new Refusal(text.length, 'expected ";" behind the namespace URI');
    if (end === 4) throw new Refusal(4, 'expected a namespace URI behind "nsu="');
    return { namespace: unescapeUri(text.slice(4, end), 4), at: end + 1 };
  }
  if (!text.startsWith("ns=")) return { namespace: 0, at: 0 };
  const end = digitsEnd(text, 3);
  if (end === 3) throw new Refusal(3, 'expected a namespace index behind "ns=", as in "ns=2;s=Temp"');
  const namespace = Number(text.slice(3, end));
  if (namespace > MOST_NAMESPACE) throw new Refusal(3, `the namespace index is at most ${MOST_NAMESPACE}`);
  if (text[end] !== ";") throw new Refusal(end, 'expected ";" behind the namespace index');
  return { namespace, at: end + 1 };
}

/** "%3B" stands for ";" and "%25" for "%" (OPC 10000-6, ExpandedNodeId as text). */
function unescapeUri(uri: string, at: number): string {
  const wrong = /%(?!3B|25)/i.exec(uri);
  if (wrong !== null)
    throw new Refusal(at + wrong.index, 'in a namespace URI "%" is only used as "%3B" or "%25"');
  return uri.replace(/%(3B|25)/gi, (code) => (code === "%25" ? "%" : ";"));
}

function readIdentifier(text: string, at: number, namespace: number | string): OpcuaAddress {
  const kind = text[at];
  if (kind !== "i" && kind !== "s" && kind !== "g" && kind !== "b") {
    throw new Refusal(at, 'expected "i=" (number), "s=" (text), "g=" (GUID) or "b=" (base64)');
  }
  if (text[at + 1] !== "=") throw new Refusal(at + 1, `expected "=" behind "${kind}"`);
  const start = at + 2;
  const end = rangeStart(text, start, kind);
  const identifier = text.slice(start, end);
  checkIdentifier(kind, identifier, start);
  const range = end === text.length ? undefined : readRange(text, end);
  return { namespace, kind, identifier, ...(range !== undefined && { indexRange: range }) };
}

/** Where the index range begins, or the end of the text. */
function rangeStart(text: string, start: number, kind: IdentifierKind): number {
  const bracket = kind === "s" ? text.search(/\[[0-9:,\s]*:[0-9:,\s]*\]$/) : text.indexOf("[", start);
  return bracket < start ? text.length : bracket;
}

function checkIdentifier(kind: IdentifierKind, identifier: string, at: number): void {
  if (identifier === "") throw new Refusal(at, `expected an identifier behind "${kind}="`);
  switch (kind) {
    case "i":
      checkNumber(identifier, at);
      return;
    case "s":
      if (identifier.length > MOST_CHARACTERS)
        throw new Refusal(
          at + MOST_CHARACTERS,
          `a text identifier has at most ${MOST_CHARACTERS} characters`,
        );
      return;
    case "g":
      checkPattern(
        identifier,
        at,
        "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        "a GUID (72962B91-FA75-4AE6-8D28-B404DC7DAF63)",
      );
      return;
    case "b":
      checkBase64(identifier, at);
  }
}

function checkNumber(identifier: string, at: number): void {
  const end = digitsEnd(identifier, 0);
  if (end < identifier.length) throw new Refusal(at + end, 'behind "i=" only digits may stand');
  if (Number(identifier) > MOST_NUMBER)
    throw new Refusal(at, `a numeric identifier is at most ${MOST_NUMBER}`);
}

/** @param pattern "x" stands for a hexadecimal digit, all else for itself */
function checkPattern(identifier: string, at: number, pattern: string, what: string): void {
  for (let i = 0; i < Math.max(pattern.length, identifier.length); i += 1) {
    const want = pattern[i];
    const got = identifier[i] ?? "";
    const fits = want === "x" ? /^[0-9a-f]$/i.test(got) : want === got;
    if (!fits) throw new Refusal(at + i, `expected ${what}`);
  }
}

function checkBase64(identifier: string, at: number): void {
  const wrong = /[^A-Za-z0-9+/=]|=(?!=?$)/.exec(identifier);
  if (wrong !== null) throw new Refusal(at + wrong.index, 'behind "b=" base64 must stand');
  if (identifier.length % 4 !== 0)
    throw new Refusal(at + identifier.length, "base64 comes in groups of four characters; fill up with =");
}

function readRange(text: string, open: number): string {
  const ranges: string[] = [];
  let at = open + 1;
  while (true) {
    const { range, next } = readBounds(text, at);
    ranges.push(range);
    if (text[next] === "]") {
      if (next + 1 < text.length) throw new Refusal(next + 1, "nothing may stand behind the index range");
      return ranges.join(",");
    }
    if (text[next] !== ",") throw new Refusal(next, 'expected "]", or "," and the next dimension');
    at = next + 1;
  }
}

function readBounds(text: string, at: number): { readonly range: string; readonly next: number } {
  const lowEnd = digitsEnd(text, at);
  if (lowEnd === at) throw new Refusal(at, "expected an index");
  const low = readIndex(text, at, lowEnd);
  if (text[lowEnd] !== ":") return { range: String(low), next: lowEnd };
  const highEnd = digitsEnd(text, lowEnd + 1);
  if (highEnd === lowEnd + 1) throw new Refusal(lowEnd + 1, "expected the last index of the range");
  const high = readIndex(text, lowEnd + 1, highEnd);
  if (high < low) throw new Refusal(lowEnd + 1, `the range ends at ${high} before it begins at ${low}`);
  // "5:5" is not allowed on the wire; one element is "5" (OPC 10000-4, NumericRange).
  return { range: low === high ? String(low) : `${low}:${high}`, next: highEnd };
}

function readIndex(text: string, from: number, end: number): number {
  const index = Number(text.slice(from, end));
  if (index > MOST_NUMBER) throw new Refusal(from, `an index is at most ${MOST_NUMBER}`);
  return index;
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && /[0-9]/.test(text[end] ?? "")) end += 1;
  return end;
}
