/** What is known of a point in one byte. */
export const PointState = {
  /** Bits 0-1. */
  severity: 0b0000_0011,
  unacknowledged: 1 << 2,
  /** Cleared and not yet acknowledged. */
  returned: 1 << 3,
  /** Shelved, or suppressed by design or because its sensor cannot be believed. */
  silenced: 1 << 4,
  outOfService: 1 << 5,
  /** Bad quality, no value yet, or old. */
  stale: 1 << 6,
  /** Only at a screen: never on the wire. */
  selected: 1 << 7,
} as const;

export const PointSeverity = {
  normal: 0,
  /** Outside its usual range, without an alarm. */
  advisory: 1,
  warning: 2,
  alarm: 3,
} as const;

/** How much a state asks for the operator, 0..7: what a roll-up shows of several points is the largest of them. An
 *  inhibited alarm asks for nothing; a point without a good value asks for more than a normal one. */
export function urgencyOf(state: number): number {
  if ((state & (PointState.silenced | PointState.outOfService)) !== 0) return 0;
  const severity = state & PointState.severity;
  const isUnseen = (state & (PointState.unacknowledged | PointState.returned)) !== 0;
  if (severity >= PointSeverity.warning) return severity * 2 + (isUnseen ? 1 : 0);
  if (isUnseen) return 3;
  return severity === PointSeverity.advisory ? 2 : (state & PointState.stale) === 0 ? 0 : 1;
}

/** FNV-1a, 32 bit, of a plane of states: whether two sides show the same. */
export function planeHash(states: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < states.length; i += 1) hash = Math.imul(hash ^ (states[i] ?? 0), 0x01000193);
  return hash >>> 0;
}
