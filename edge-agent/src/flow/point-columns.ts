import type { ExpandedLayout } from "../core/layout/expand.ts";
import { PointSeverity, PointState } from "../core/twin/point-state.ts";
import { NO_VALUE, quantise } from "../core/twin-delta.ts";

/** The columns of one layout, and what is needed to fill them. */
export interface PointColumns {
  readonly value: Uint16Array;
  readonly exact: Float32Array;
  readonly state: Uint8Array;
  readonly changed: Uint32Array;
  /** Bits that alarms and inhibits put into the state. */
  readonly alarms: Uint8Array;
  /** Usual range of each point, in its unit; infinite where none is configured. */
  readonly usualLow: Float32Array;
  readonly usualHigh: Float32Array;
  readonly kindOf: Uint8Array;
  /** By kind. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** All stale and without a value. */
export function pointColumns({ layout, pointCount, kindOf }: ExpandedLayout): PointColumns {
  return {
    value: new Uint16Array(pointCount).fill(NO_VALUE),
    exact: new Float32Array(pointCount).fill(Number.NaN),
    state: new Uint8Array(pointCount).fill(PointState.stale),
    changed: new Uint32Array(pointCount),
    alarms: new Uint8Array(pointCount),
    usualLow: new Float32Array(pointCount).fill(Number.NEGATIVE_INFINITY),
    usualHigh: new Float32Array(pointCount).fill(Number.POSITIVE_INFINITY),
    kindOf,
    low: Float64Array.from(layout.kinds, ({ low }) => low),
    high: Float64Array.from(layout.kinds, ({ high }) => high),
  };
}

/** Writes what is newest of a point. @returns whether a screen would see a difference */
export function writePoint(columns: PointColumns, point: number, exact: number, isStale: boolean): boolean {
  const kind = columns.kindOf[point] ?? 0;
  const value = quantise(exact, columns.low[kind] ?? 0, columns.high[kind] ?? 1);
  const state = stateOf(columns, point, exact) | (isStale ? PointState.stale : 0);
  columns.exact[point] = exact;
  if (columns.value[point] === value && columns.state[point] === state) return false;
  columns.value[point] = value;
  columns.state[point] = state;
  return true;
}

/** All of a state but whether it is stale. */
function stateOf(columns: PointColumns, point: number, exact: number): number {
  const bits = columns.alarms[point] ?? 0;
  if ((bits & PointState.severity) !== 0) return bits;
  // The bounds are float32: so is what is compared with them, else the bound itself might lie outside. NaN lies inside.
  const value = Math.fround(exact);
  const isUnusual = value < (columns.usualLow[point] ?? value) || value > (columns.usualHigh[point] ?? value);
  return isUnusual ? bits | PointSeverity.advisory : bits;
}
