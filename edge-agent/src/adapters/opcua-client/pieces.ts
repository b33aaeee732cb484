// node-opcua tells servers that it takes answers of 800,000 bytes (opcua_client_impl.ts, maxResponseMessageSize);
// this many doubles and what goes around them stay well below.
const MOST_SAMPLES = 65_536;

/** The index ranges in which an array of `samples` numbers is read; undefined reads it whole.
 *  @param indexRange the part of the array that the address names, if any */
export function piecesOf(samples: number, indexRange: string | undefined): (string | undefined)[] {
  // Several dimensions have no order that could be cut.
  if (samples <= MOST_SAMPLES || indexRange?.includes(",")) return [indexRange];
  const first = Number(indexRange?.split(":")[0] ?? 0);
  const pieces: string[] = [];
  for (let at = 0; at < samples; at += MOST_SAMPLES) {
    const last = Math.min(at + MOST_SAMPLES, samples) - 1;
    pieces.push(at === last ? String(first + at) : `${first + at}:${first + last}`);
  }
  return pieces;
}
