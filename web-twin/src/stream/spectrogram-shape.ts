import type { SpectrogramDto } from "@stethos/edge-agent/core";
import { count, list, Mismatch, number, object, type Shape, text, time } from "./shape.ts";

const fields: Shape<SpectrogramDto> = object({
  sensor: text,
  firstSampleTime: time,
  rows: count,
  columns: count,
  maxHz: number,
  seconds: number,
  db: list(number),
});

/** With as many levels as rows and columns promise. */
export const spectrogram: Shape<SpectrogramDto> = (value, at, notes) => {
  const found = fields(value, at, notes);
  if (found.db.length !== found.rows * found.columns) {
    throw new Mismatch(`${at}.db`, `${found.rows} x ${found.columns} values, not ${found.db.length}`);
  }
  return found;
};
