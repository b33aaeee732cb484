/** What a key does to the camera. */
export type CameraMove =
  | { readonly kind: "turn"; readonly azimuthRad: number; readonly polarRad: number }
  /** Shares of what is seen. */
  | { readonly kind: "stroll"; readonly right: number; readonly ahead: number }
  | { readonly kind: "zoom"; readonly factor: number }
  | { readonly kind: "fit" }
  /** To what is selected. */
  | { readonly kind: "goto" };

const STEP = Math.PI / 24;
const STRIDE = 0.15;
export const CLOSER = 0.85;
export const FARTHER = 1 / CLOSER;

const ARROWS: Readonly<Record<string, readonly [right: number, ahead: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

const MOVES: Readonly<Record<string, CameraMove>> = {
  "+": { kind: "zoom", factor: CLOSER },
  "=": { kind: "zoom", factor: CLOSER },
  "-": { kind: "zoom", factor: FARTHER },
  Home: { kind: "fit" },
  Enter: { kind: "goto" },
  f: { kind: "goto" },
  F: { kind: "goto" },
};

/** Keys with another modifier than shift belong to the browser.
 *  @param isFlat a plan is not turned: arrows move over it, as they do with shift in the scene */
export function moveOf(
  event: {
    readonly key: string;
    readonly ctrlKey: boolean;
    readonly altKey: boolean;
    readonly metaKey: boolean;
    readonly shiftKey: boolean;
  },
  isFlat: boolean,
): CameraMove | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const arrow = Object.hasOwn(ARROWS, event.key) ? ARROWS[event.key] : undefined;
  if (arrow === undefined) return Object.hasOwn(MOVES, event.key) ? MOVES[event.key] : undefined;
  const [right, ahead] = arrow;
  return isFlat || event.shiftKey
    ? { kind: "stroll", right: right * STRIDE, ahead: ahead * STRIDE }
    : { kind: "turn", azimuthRad: right * STEP, polarRad: -ahead * STEP };
}
