import { element, setText } from "../dom/element.ts";
import { createKeyedList } from "../dom/keyed-list.ts";
import type { Fact } from "./why-rows.ts";

/** Labels with their values. */
export interface FactList {
  readonly element: HTMLElement;
  show(facts: readonly Fact[]): void;
}

export function factList(): FactList {
  const list = element("dl", { class: "facts" });
  const rows = createKeyedList<Fact>(
    list,
    ({ label }) => label,
    ({ label }) => {
      const value = element("dd");
      return {
        element: element("div", {}, element("dt", {}, label), value),
        update: (fact) => setText(value, fact.value),
      };
    },
  );
  return { element: list, show: rows.show };
}
