import type { PointKind } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import { HEAT_RAMP } from "../scene/heat.ts";

/** Which kind of value the points are coloured by, and what the colours mean. */
export interface HeatLegend {
  readonly menu: HTMLSelectElement;
  readonly element: HTMLElement;
  show(kinds: readonly PointKind[], words: { readonly t: Translate; readonly format: Format }): void;
}

/** @param chosen called with the index of a kind; undefined: coloured by state */
export function createHeatLegend(chosen: (kind: number | undefined) => void): HeatLegend {
  const menu = element("select", { class: "tool-menu", "data-heat": true });
  const ramp = element("canvas", { width: "140", height: "8", "aria-hidden": "true" });
  const text = element("span");
  const legend = element("div", { class: "heat-legend", hidden: true }, ramp, text);
  let kinds: readonly PointKind[] = [];
  let words: { readonly t: Translate; readonly format: Format } | undefined;

  const paint = (): void => {
    const pen = ramp.getContext("2d");
    if (pen === null) return;
    const shade = pen.createLinearGradient(0, 0, ramp.width, 0);
    HEAT_RAMP.forEach((colour, i) => {
      shade.addColorStop(i / (HEAT_RAMP.length - 1), colour);
    });
    pen.fillStyle = shade;
    pen.fillRect(0, 0, ramp.width, ramp.height);
  };
  const showChosen = (): void => {
    const kind = menu.value === "" ? undefined : kinds[Number(menu.value)];
    legend.hidden = kind === undefined;
    if (kind === undefined || words === undefined) return;
    const { t, format } = words;
    setText(
      text,
      t("twin.heatLegend", {
        kind: kind.name ?? kind.id,
        low: format.number(kind.low),
        high: format.quantity(kind.high, kind.unit),
      }),
    );
  };
  menu.addEventListener("change", () => {
    chosen(menu.value === "" ? undefined : Number(menu.value));
    showChosen();
  });
  paint();

  return {
    menu,
    element: legend,
    show(next, said) {
      words = said;
      kinds = next;
      const { value } = menu;
      setAttribute(menu, "aria-label", said.t("twin.heat"));
      menu.title = said.t("twin.heat");
      const option = (key: string, name: string): HTMLOptionElement =>
        element("option", { value: key }, name);
      menu.replaceChildren(
        option("", said.t("twin.heatNone")),
        ...kinds.map(({ id, name }, i) => option(String(i), name ?? id)),
      );
      menu.value = kinds[Number(value)] === undefined ? "" : value;
      showChosen();
    },
  };
}
