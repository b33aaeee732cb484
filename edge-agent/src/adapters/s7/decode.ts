import { createS7Decoder, type S7Address } from "@stethos/protocol-finger/s7";
import { StatusCode } from "../../core/quality.ts";
import { putValue, type RawColumns } from "../../core/reading.ts";

/** Puts the value whose bytes begin at `at` into row `row`, or the status that says why there is none. */
export type RowDecoder = (view: DataView, at: number, out: RawColumns, row: number) => void;

/** A decoder for the values at `address`; bytes that `view` does not hold are a status, not an exception. */
export function createRowDecoder(address: S7Address): RowDecoder {
  const decode = createS7Decoder(address);
  const { byteLength } = address;
  return (view, at, out, row) => {
    if (at + byteLength > view.byteLength) out.status[row] = StatusCode.BadDataEncodingInvalid;
    else putValue(out, row, decode(view, at));
  };
}
