import { isBitTable, type ModbusRange, type ModbusTable } from "../wire/modbus-pdu.ts";
import type { TunnelArea } from "./areas.ts";
import type { Barriers } from "./barriers.ts";
import type { Mapped } from "./mapping.ts";
import { cutSpan, type Piece } from "./pieces.ts";

/** Something to read: an address, or an item of a request. */
export interface TunnelRow {
  readonly span: Mapped;
  /** A request does not end within so many bytes, if it can. */
  readonly elementBytes: number;
}

export interface RowPiece extends Piece {
  readonly row: number;
}

/** One request and what it brings, by start. */
export interface PlannedRead extends ModbusRange {
  readonly area: TunnelArea;
  readonly pieces: readonly RowPiece[];
}

export interface ReadLimits {
  readonly registers: number;
  readonly bits: number;
  /** Registers (16 times as many bits) that may be read along between two rows. */
  readonly maxGap: number;
}

const LEAST_BITS = 8;

/** Cover rows with few requests: greedy from the left, which is optimal, because the request that holds the leftmost
 *  open piece can do no better than begin at it and reach as far as it may. */
export function planReads(
  rows: readonly TunnelRow[],
  wanted: readonly number[],
  limits: ReadLimits,
  barriers: Barriers,
): PlannedRead[] {
  const pieces = wanted.flatMap((row) => piecesOf(rows, row, limits));
  return [...Map.groupBy(pieces, ({ span }) => span.area).values()].flatMap((ofArea) =>
    mergePieces(ofArea, limits, barriers),
  );
}

/** The requests for pieces of one area. */
export function mergePieces(
  pieces: readonly RowPiece[],
  limits: ReadLimits,
  barriers: Barriers,
): PlannedRead[] {
  const sorted = pieces.toSorted((a, b) => a.span.start - b.span.start || a.span.count - b.span.count);
  const reads: PlannedRead[] = [];
  let open: RowPiece[] = [];
  let start = 0;
  let end = 0;
  const close = (): void => {
    const area = open[0]?.span.area;
    if (area !== undefined) reads.push({ area, table: area.kind, start, count: end - start, pieces: open });
  };
  for (const piece of sorted) {
    const from = piece.span.start;
    const to = Math.max(end, from + piece.span.count);
    const most = mostOf(piece.span.table, limits);
    const gap = isBitTable(piece.span.table) ? 16 * limits.maxGap : limits.maxGap;
    const fits =
      open.length > 0 &&
      to - start <= most &&
      from - end <= gap &&
      !barriers.within(piece.span.table, start, to);
    if (fits) {
      open.push(piece);
      end = to;
    } else {
      close();
      open = [piece];
      start = from;
      end = from + piece.span.count;
    }
  }
  close();
  return reads;
}

/** The two halves of a request of several pieces: cut at the widest gap, because what nobody asked for is the likeliest
 *  to be missing in the device; nearest to the middle where gaps are equal. */
export function halvePieces({ pieces }: PlannedRead): readonly [readonly RowPiece[], readonly RowPiece[]] {
  let best = 1;
  let widest = Number.NEGATIVE_INFINITY;
  let end = 0;
  for (const [i, { span }] of pieces.entries()) {
    const gap = Math.max(0, span.start - end);
    const isNearer = Math.abs(i - pieces.length / 2) < Math.abs(best - pieces.length / 2);
    if (i > 0 && (gap > widest || (gap === widest && isNearer))) {
      best = i;
      widest = gap;
    }
    end = Math.max(end, span.start + span.count);
  }
  return [pieces.slice(0, best), pieces.slice(best)];
}

/** The pieces of a request cut smaller: what was one piece may become several. */
export function recut(
  { pieces }: PlannedRead,
  rows: readonly TunnelRow[],
  limits: ReadLimits,
  barriers: Barriers,
): PlannedRead[] {
  const smaller = pieces.flatMap(({ row, span, at }) => {
    const most = mostOf(span.table, limits);
    const elementBytes = rows[row]?.elementBytes ?? 1;
    return cutSpan(span, elementBytes, most).map((piece) => ({ row, span: piece.span, at: at + piece.at }));
  });
  return mergePieces(smaller, limits, barriers);
}

function piecesOf(rows: readonly TunnelRow[], row: number, limits: ReadLimits): RowPiece[] {
  const wanted = rows[row];
  if (wanted === undefined) return [];
  const most = mostOf(wanted.span.table, limits);
  return cutSpan(wanted.span, wanted.elementBytes, most).map(({ span, at }) => ({ row, span, at }));
}

/** The most registers or bits of one request. */
export const mostOf = (table: ModbusTable, { registers, bits }: ReadLimits): number =>
  isBitTable(table) ? Math.max(LEAST_BITS, bits) : Math.max(1, registers);
