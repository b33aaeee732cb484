/** A number as it was written: Python's 25.0 and JavaScript's 25 are one number and two texts. */
interface WrittenNumber {
  readonly written: string;
}

// https://github.com/tc39/proposal-json-parse-with-source, in Node since 21; TypeScript's library does not know it yet.
type SourceReviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** The canonical form of JSON that the Python pipeline digests: json.dumps(value, sort_keys=True,
 *  separators=(",", ":")), numbers as they were written.
 *  @param path of the value within the document
 *  @throws SyntaxError where it is no JSON */
export function canonicalPart(text: string, path: readonly string[]): string {
  const keepNumbers: SourceReviver = (_key, value, context) =>
    typeof value === "number" ? { written: context?.source ?? String(value) } : value;
  const whole: unknown = JSON.parse(text, keepNumbers);
  const part = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), whole);
  return canonical(part);
}

/** The canonical form of a value that was made here. */
export function canonicalJson(value: unknown): string {
  return canonical(value);
}

function canonical(value: unknown): string {
  if (typeof value === "string") return asciiString(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  if (isWrittenNumber(value)) return value.written;
  const members = Object.keys(value)
    .sort(byCodePoint)
    .map((key) => `${asciiString(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isWrittenNumber = (value: object): value is WrittenNumber =>
  "written" in value && typeof value.written === "string" && Object.keys(value).length === 1;

// Python escapes all beyond ASCII, in UTF-16 units as JavaScript counts them.
const asciiString = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** The order of Python's sort and of the OMS specification (5.2.1); JavaScript's own goes by UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
