/** What each baseline page tells the benchmark of itself; all times in ms since its navigation began, or of one picture. */
export interface BaselinePage {
  /** When the first picture stood. */
  firstFrameMs: number;
  /** Draws a whole picture and waits for it. @returns how long that took */
  frame(): number | Promise<number>;
  /** Gives every point another state, draws and waits. */
  changeAll(): number | Promise<number>;
}

declare global {
  interface Window {
    baseline?: BaselinePage;
  }
}

/** Positions of all points, x y z in metres, as the server of the benchmark serves them. */
export async function fetchPositions(): Promise<Float32Array<ArrayBuffer>> {
  const answer = await fetch("/positions.bin");
  return new Float32Array(await answer.arrayBuffer());
}

/** States that look like a plant's: one in two hundred is not normal. */
export function fillStates(state: Uint8Array, turn: number): void {
  for (let i = 0; i < state.length; i += 1)
    state[i] = (i * 2_654_435_761 + turn) % 200 === 0 ? 2 : (i + turn) & 1;
}

/** Asks for a pixel: only then has the GPU process done what it was told. */
export function waitForPicture(gl: WebGL2RenderingContext): void {
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

export function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The middle and the reach of a cloud of points: where a camera must stand to see all of it. */
export function extentOf(position: Float32Array): {
  readonly middle: [number, number, number];
  readonly reach: number;
} {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < position.length; i += 1) {
    const axis = i % 3;
    const value = position[i] ?? 0;
    low[axis] = Math.min(low[axis] ?? 0, value);
    high[axis] = Math.max(high[axis] ?? 0, value);
  }
  const mid = (axis: number): number => ((low[axis] ?? 0) + (high[axis] ?? 0)) / 2;
  const reach = Math.hypot(...low.map((value, axis) => (high[axis] ?? 0) - value));
  return { middle: [mid(0), mid(1), mid(2)], reach };
}
