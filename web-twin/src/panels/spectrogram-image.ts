import type { SpectrogramDto } from "@stethos/edge-agent/core";
import { inferno } from "./colour-map.ts";

/** Levels from darkest to brightest, dB. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A picture needs some contrast even of silence. */
const LEAST_SPAN_DB = 20;

/** The range that shows all given pictures with the same colours, without the outermost hundredths: a single dead bin at
 *  -200 dB must not grey out the rest. */
export function commonRange(pictures: readonly SpectrogramDto[]): Range {
  const levels = Float64Array.from(pictures.flatMap(({ db }) => db)).sort();
  const at = (share: number): number => levels[Math.round((levels.length - 1) * share)] ?? 0;
  const high = at(0.998);
  return { low: Math.min(at(0.02), high - LEAST_SPAN_DB), high };
}

/** The picture as RGBA pixels, columns x rows, lowest frequency at the bottom. */
export function spectrogramPixels(
  { db, rows, columns }: SpectrogramDto,
  range: Range,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(rows * columns * 4);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const level = db[row * columns + column] ?? range.low;
      const [red, green, blue] = inferno((level - range.low) / (range.high - range.low));
      pixels.set([red, green, blue, 255], ((rows - 1 - row) * columns + column) * 4);
    }
  }
  return pixels;
}

/** The strongest line on average: what a picture says in words. */
export function strongest({ db, rows, columns, maxHz }: SpectrogramDto): {
  readonly hz: number;
  readonly db: number;
} {
  const mean = (row: number): number => {
    let sum = 0;
    for (let column = 0; column < columns; column += 1) sum += db[row * columns + column] ?? 0;
    return sum / columns;
  };
  let best = { hz: 0, db: Number.NEGATIVE_INFINITY };
  for (let row = 0; row < rows; row += 1) {
    const level = mean(row);
    if (level > best.db) best = { hz: ((row + 0.5) * maxHz) / rows, db: level };
  }
  return best;
}
