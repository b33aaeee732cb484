/** The text of anything thrown, with its causes, on one line. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.message || thrown.name;
  if (thrown.cause === undefined) return own;
  const cause = describeError(thrown.cause);
  return own.includes(cause) ? own : `${own} (${cause})`;
}
