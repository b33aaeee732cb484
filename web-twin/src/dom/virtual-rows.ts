import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";

export interface VirtualRow {
  readonly element: HTMLElement;
  update(index: number): void;
}

/** Rows of equal height, of which only those in view stand in the page. */
export interface VirtualRows {
  /** Fills the rows in view anew. */
  show(count: number): void;
  /** Fills the rows in view anew; their number is as before. */
  refresh(): void;
  scrollTo(index: number): void;
  /** How many rows fit into the view. */
  pageSize(): number;
  /** The element of a row that is in view. */
  elementOf(index: number): HTMLElement | undefined;
  dispose(): void;
}

export interface VirtualRowsOptions {
  /** Scrolls; stands still where the rows do not fit. */
  readonly scroller: HTMLElement;
  /** Holds the rows. */
  readonly body: HTMLElement;
  readonly rowHeight: number;
  /** Of what stands above the rows in the scroller and stays in view. */
  readonly headHeight?: number;
  readonly create: () => VirtualRow;
}

const OVERSCAN = 6;

export function createVirtualRows(given: VirtualRowsOptions): VirtualRows {
  const { scroller, body, rowHeight, headHeight = 0, create } = given;
  const shown = new Map<number, VirtualRow>();
  const spare: VirtualRow[] = [];
  let total = 0;

  const options = (count: number): VirtualizerOptions<HTMLElement, HTMLElement> => ({
    count,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => place(false),
  });
  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>(options(0));
  const end = virtualizer._didMount();

  /** @param isFresh also rows that stay are filled anew */
  function place(isFresh: boolean): void {
    const items = virtualizer.getVirtualItems();
    const wanted = new Set(items.map(({ index }) => index));
    for (const [index, row] of shown) {
      if (wanted.has(index)) continue;
      shown.delete(index);
      spare.push(row);
    }
    for (const { index, start } of items) {
      const kept = shown.get(index);
      if (kept === undefined) enter(index, start - headHeight);
      else if (isFresh) kept.update(index);
    }
    for (const row of spare) row.element.hidden = true;
  }

  function enter(index: number, startPx: number): void {
    const row = spare.pop() ?? create();
    shown.set(index, row);
    row.element.style.transform = `translateY(${startPx}px)`;
    if (row.element.parentElement !== body) body.append(row.element);
    row.element.hidden = false;
    row.update(index);
  }

  return {
    show(count) {
      if (count !== total) {
        total = count;
        virtualizer.setOptions(options(count));
        body.style.height = `${count * rowHeight}px`;
      }
      virtualizer._willUpdate();
      place(true);
    },
    refresh() {
      for (const [index, row] of shown) row.update(index);
    },
    scrollTo(index) {
      virtualizer.scrollToIndex(index, { align: "auto" });
    },
    pageSize: () => Math.max(1, Math.floor((scroller.clientHeight - headHeight) / rowHeight) - 1),
    elementOf: (index) => shown.get(index)?.element,
    dispose() {
      end();
    },
  };
}
