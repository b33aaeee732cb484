/** Elements of one item that lie side by side: `count` elements of `width` registers (or bits) from `start`. */
export interface Run {
  readonly start: number;
  readonly width: number;
  readonly count: number;
}

/** Part of an item that one request brings. */
export interface Slice {
  /** Index of the item. */
  readonly item: number;
  /** Its first element in this request. */
  readonly element: number;
  readonly count: number;
  /** Registers (or bits) from the start of the request to that element. */
  readonly at: number;
}

/** One request and what it is good for. */
export interface Span {
  readonly start: number;
  readonly quantity: number;
  /** By start. */
  readonly slices: readonly Slice[];
}

export interface MergeLimits {
  /** The most registers (or bits) of one request; at least the width of any element. */
  readonly most: number;
  /** The most that is read along between two elements. */
  readonly maxGap: number;
  /** Addresses that the device does not let one request reach across. */
  readonly barriers: readonly number[];
}

/** Cover all elements of `items` with the fewest requests. No element is cut in two: a value of several registers
 *  read in two halves could mix two values.
 *
 *  Greedy from the left is optimal: the request that holds the leftmost open element can do no better than begin
 *  at it and reach as far as the limits allow. */
export function mergeRuns(items: ReadonlyMap<number, Run>, limits: MergeLimits): Span[] {
  const elements = sortedElements(items);
  const barriers = limits.barriers.toSorted((a, b) => a - b);
  const spans: Span[] = [];
  let open: OpenSpan | undefined;
  for (const element of elements) {
    if (open === undefined || !fits(open, element, limits, barriers)) {
      if (open !== undefined) spans.push(closed(open));
      open = { start: element.start, end: element.start, slices: new Map() };
    }
    add(open, element);
  }
  if (open !== undefined) spans.push(closed(open));
  return spans;
}

interface Element {
  readonly item: number;
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

interface OpenSpan {
  readonly start: number;
  end: number;
  readonly slices: Map<number, { element: number; count: number; at: number }>;
}

function sortedElements(items: ReadonlyMap<number, Run>): Element[] {
  const elements: Element[] = [];
  for (const [item, run] of items) {
    for (let index = 0; index < run.count; index += 1) {
      const start = run.start + index * run.width;
      elements.push({ item, index, start, end: start + run.width });
    }
  }
  return elements.sort((a, b) => a.start - b.start || a.end - b.end);
}

function fits(span: OpenSpan, element: Element, limits: MergeLimits, barriers: readonly number[]): boolean {
  const end = Math.max(span.end, element.end);
  if (end - span.start > limits.most || element.start - span.end > limits.maxGap) return false;
  return !barriers.some((barrier) => span.start < barrier && barrier < end);
}

function add(span: OpenSpan, element: Element): void {
  span.end = Math.max(span.end, element.end);
  const slice = span.slices.get(element.item);
  if (slice !== undefined) slice.count += 1;
  else span.slices.set(element.item, { element: element.index, count: 1, at: element.start - span.start });
}

function closed(span: OpenSpan): Span {
  return {
    start: span.start,
    quantity: span.end - span.start,
    slices: Array.from(span.slices, ([item, slice]) => ({ item, ...slice })),
  };
}
