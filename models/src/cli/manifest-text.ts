// https://github.com/tc39/proposal-json-parse-with-source, in Node since 21; not yet in TypeScript's library.
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): unknown;
  rawJSON(source: string): unknown;
};

type Members = Readonly<Record<string, unknown>>;

/** The document with these members changed and all else as it was, numbers to the letter: a digest over a part of it,
 *  made where 25.0 is not 25, must go on to fit.
 *  @throws SyntaxError where it is no JSON */
export function withMembers(text: string, members: Members): string {
  const document = parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined ? rawJSON(source) : value,
  ) as Members;
  return `${JSON.stringify({ ...document, ...members }, null, 2)}\n`;
}
