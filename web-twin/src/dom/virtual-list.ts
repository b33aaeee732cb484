import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { setAttribute } from "./element.ts";
import { createKeyedList, type Row } from "./keyed-list.ts";

/** A long list with rows of different heights, of which only what is in sight stands in the page. */
export interface VirtualList<T> {
  show(items: readonly T[]): void;
  scrollTo(index: number): void;
  dispose(): void;
}

interface VirtualOptions<T> {
  readonly scroller: HTMLElement;
  readonly body: HTMLElement;
  readonly keyOf: (item: T) => string;
  readonly create: (item: T) => Row<T>;
  /** px, until a row was measured. */
  readonly estimate: number;
}

interface Placed<T> {
  readonly item: T;
  readonly index: number;
  readonly start: number;
}

export function createVirtualList<T>(options: VirtualOptions<T>): VirtualList<T> {
  const { scroller, body, keyOf, create, estimate } = options;
  let items: readonly T[] = [];

  const settings = () => ({
    count: items.length,
    overscan: 6,
    getScrollElement: () => scroller,
    estimateSize: () => estimate,
    getItemKey: (index: number) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => render(),
  });
  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>(settings());
  const rows = createKeyedList<Placed<T>>(
    body,
    ({ item }) => keyOf(item),
    ({ item }) => {
      const row = create(item);
      return {
        element: row.element,
        update(placed) {
          row.update(placed.item);
          setAttribute(row.element, "data-index", String(placed.index));
          // The heading is the first row.
          setAttribute(row.element, "aria-rowindex", String(placed.index + 2));
          row.element.style.transform = `translateY(${placed.start}px)`;
        },
      };
    },
  );

  const render = (): void => {
    body.style.height = `${virtualizer.getTotalSize()}px`;
    rows.show(
      virtualizer.getVirtualItems().flatMap(({ index, start }) => {
        const item = items[index];
        return item === undefined ? [] : [{ item, index, start }];
      }),
    );
    for (const child of body.children) if (child instanceof HTMLElement) virtualizer.measureElement(child);
  };
  const unmount = virtualizer._didMount();

  return {
    show(next) {
      items = next;
      virtualizer.setOptions(settings());
      virtualizer._willUpdate();
      render();
    },
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: "auto" }),
    dispose: unmount,
  };
}
