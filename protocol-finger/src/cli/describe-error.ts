/** The text of anything thrown, with its causes, on one line. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? "" : ` (${describeError(thrown.cause)})`;
  return `${thrown.message || thrown.name}${cause}`;
}
