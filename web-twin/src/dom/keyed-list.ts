export interface KeyedList<T> {
  /** Makes the list show these items in this order; kept items keep their element, and so focus and scrolling. */
  show(items: readonly T[]): void;
}

export interface Row<T> {
  readonly element: HTMLElement;
  update(item: T): void;
}

export function createKeyedList<T>(
  parent: HTMLElement,
  keyOf: (item: T) => string,
  create: (item: T) => Row<T>,
): KeyedList<T> {
  let rows: ReadonlyMap<string, Row<T>> = new Map();

  return {
    show(items) {
      const wanted = new Set(items.map(keyOf));
      for (const [key, row] of rows) if (!wanted.has(key)) row.element.remove();
      const next = new Map<string, Row<T>>();
      let place = parent.firstElementChild;
      for (const item of items) {
        const key = keyOf(item);
        const row = rows.get(key) ?? create(item);
        row.update(item);
        next.set(key, row);
        if (row.element === place) place = place.nextElementSibling;
        else parent.insertBefore(row.element, place);
      }
      rows = next;
    },
  };
}
