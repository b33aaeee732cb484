import { element, setText } from "../dom/element.ts";
import { createKeyedList } from "../dom/keyed-list.ts";

/** Sentences, one a line. */
export interface TextList {
  readonly element: HTMLElement;
  show(texts: readonly string[]): void;
}

export function textList(): TextList {
  const list = element("ul", { class: "sentences" });
  const rows = createKeyedList<{ readonly key: string; readonly text: string }>(
    list,
    ({ key }) => key,
    () => {
      const row = element("li");
      return { element: row, update: ({ text }) => setText(row, text) };
    },
  );
  // By place: a figure that grows must not make a new line for screen readers.
  return { element: list, show: (texts) => rows.show(texts.map((text, i) => ({ key: String(i), text }))) };
}
