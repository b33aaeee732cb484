import { element, setAttribute, setText } from "../dom/element.ts";
import type { TimeRange } from "../state/trend-board.ts";
import type { PanelDeps } from "./panel.ts";

const STEPS = 1_000;

/** The moment at which all charts are read: a slider, so that the keyboard reads them as well. */
export interface TrendsCursor {
  readonly element: HTMLElement;
  show(timeS: number): void;
  /** Where it belongs after the range moved: it stays, except at the end of what follows the present, and where its moment
   *  is no longer to be seen. */
  placeIn(shown: TimeRange, isLive: boolean): number;
}

/** @param moved by hand, seconds since 1970 */
export function createTrendsCursor(
  { t, format, now }: Pick<PanelDeps, "format" | "now" | "t">,
  range: () => TimeRange,
  moved: (timeS: number) => void,
): TrendsCursor {
  let atS: number | undefined;
  const at = element("output", { class: "trends-at", for: "trends-cursor" });
  const slider = element("input", {
    type: "range",
    id: "trends-cursor",
    min: "0",
    max: String(STEPS),
    step: "1",
    "aria-label": t("trends.cursor"),
  });
  slider.value = String(STEPS);
  slider.addEventListener("input", () => {
    const { fromS, toS } = range();
    moved(fromS + ((toS - fromS) * Number(slider.value)) / STEPS);
  });

  return {
    element: element("div", { class: "trends-cursor" }, slider, at),
    show(timeS) {
      atS = timeS;
      const { fromS, toS } = range();
      const text = format.time(timeS * 1000, now());
      setText(at, t("trends.at", { time: text }));
      slider.value = String(Math.round(((timeS - fromS) / (toS - fromS)) * STEPS));
      setAttribute(slider, "aria-valuetext", text);
    },
    placeIn({ fromS, toS }, isLive) {
      const isAtEnd = Number(slider.value) === STEPS;
      return atS === undefined || atS < fromS || atS > toS || (isAtEnd && isLive) ? toS : atS;
    },
  };
}
