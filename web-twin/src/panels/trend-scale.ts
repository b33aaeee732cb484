/** The data keep at least this share of the height: limits that lie farther off are not shown. */
const LEAST_SHARE = 0.25;

/** A flat line needs some room above and below, or it would fill the scale with noise. */
export function roomy(low: number, high: number): [number, number] {
  const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.02, 1e-9);
  return [low - room, high + room];
}

/** A scale that also shows limits, the nearest first, as far as the data stay readable. */
export function scaleWith(
  [low, high]: readonly [number, number],
  limits: readonly number[],
): [number, number] {
  const far = (limit: number): number => Math.max(low - limit, limit - high, 0);
  const span = high - low;
  let [from, to] = [low, high];
  for (const limit of [...limits].sort((a, b) => far(a) - far(b))) {
    if (far(limit) === 0) continue;
    // A little beyond it, so that the line does not lie on the edge.
    const beyond = limit < low ? limit - span * 0.05 : limit + span * 0.05;
    const wider = Math.max(to, beyond) - Math.min(from, beyond);
    if (span / wider < LEAST_SHARE) break;
    [from, to] = [Math.min(from, beyond), Math.max(to, beyond)];
  }
  return [from, to];
}
