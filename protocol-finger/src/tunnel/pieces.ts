import { isBitTable } from "../wire/modbus-pdu.ts";
import type { Mapped } from "./mapping.ts";

/** Part of a span that one request brings. */
export interface Piece {
  readonly span: Mapped;
  /** Bytes of the whole span that come before it. */
  readonly at: number;
}

/** Cut a span into pieces of at most `most` registers (bits, in a bit table), between its elements: a value that came in
 *  two requests could be of two moments. Only an element that is larger than a request is cut in itself. Where an
 *  element begins in the low byte of a register, two pieces share that register.
 *  @param most 8 at least for bits */
export function cutSpan(span: Mapped, elementBytes: number, most: number): readonly Piece[] {
  if (span.count <= most) return [{ span, at: 0 }];
  const pieces: Piece[] = [];
  for (let at = 0; at < span.byteLength; ) {
    const room = roomAt(span, at, most);
    const byteLength = Math.min(wholeElements(at, room, elementBytes), span.byteLength - at);
    pieces.push({ span: partOf(span, at, byteLength), at });
    at += byteLength;
  }
  return pieces;
}

/** Bytes that one request can bring of a span from its byte `at` on. */
function roomAt(span: Mapped, at: number, most: number): number {
  if (isBitTable(span.table)) return (most + (at === 0 ? span.skip : 0)) >> 3;
  return 2 * most - ((span.skip + at) & 1);
}

/** As many bytes as end with an element; all there is room for where not even one does. */
function wholeElements(at: number, room: number, elementBytes: number): number {
  const toNext = elementBytes - (at % elementBytes);
  return room < toNext ? room : toNext + Math.floor((room - toNext) / elementBytes) * elementBytes;
}

function partOf(span: Mapped, at: number, byteLength: number): Mapped {
  const { start, skip } = span;
  if (!isBitTable(span.table)) {
    const first = skip + at;
    const low = first & 1;
    return {
      ...span,
      start: start + (first >> 1),
      skip: low,
      count: (low + byteLength + 1) >> 1,
      byteLength,
    };
  }
  const before = at === 0 ? 0 : 8 * at - skip;
  const bit = at === 0 ? skip : 0;
  const count = Math.min(8 * byteLength - bit, span.count - before);
  return { ...span, start: start + before, skip: bit, count, byteLength };
}
