import { ZodError } from "zod";

/** The text of anything thrown, with its causes, on one line; what was said already is not said again. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return oneLine(String(thrown));
  const text = oneLine(thrown.message) || thrown.name;
  // What zod found wrong is in the message before it, in our own words.
  if (thrown.cause === undefined || thrown.cause instanceof ZodError) return text;
  const cause = describeError(thrown.cause);
  return text.includes(cause) ? text : `${text} (${cause})`;
}

/** The first paragraph: YAML's messages go on with the lines at fault, drawn. */
const oneLine = (text: string): string => (text.split(/\n\s*\n/)[0] ?? "").replace(/\s+/g, " ").trim();
