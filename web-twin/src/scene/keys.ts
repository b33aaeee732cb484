/** What a key does to the camera. */
export type CameraMove =
  | { readonly kind: "turn"; readonly azimuthRad: number; readonly polarRad: number }
  | { readonly kind: "zoom"; readonly factor: number }
  | { readonly kind: "fit" };

const STEP = Math.PI / 24;
export const CLOSER = 0.85;
export const FARTHER = 1 / CLOSER;

const MOVES: Readonly<Record<string, CameraMove>> = {
  ArrowLeft: { kind: "turn", azimuthRad: -STEP, polarRad: 0 },
  ArrowRight: { kind: "turn", azimuthRad: STEP, polarRad: 0 },
  ArrowUp: { kind: "turn", azimuthRad: 0, polarRad: -STEP },
  ArrowDown: { kind: "turn", azimuthRad: 0, polarRad: STEP },
  "+": { kind: "zoom", factor: CLOSER },
  "=": { kind: "zoom", factor: CLOSER },
  "-": { kind: "zoom", factor: FARTHER },
  Home: { kind: "fit" },
};

/** Keys with a modifier belong to the browser. */
export function moveOf(event: {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}): CameraMove | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  return Object.hasOwn(MOVES, event.key) ? MOVES[event.key] : undefined;
}
