import { element, setAttribute, setText } from "../dom/element.ts";
import type { MessageKey } from "../i18n/en.ts";
import {
  frozen,
  PRESETS,
  panned,
  rangeOf,
  type TimeRange,
  type TrendBoard,
  withRange,
  zoomed,
} from "../state/trend-board.ts";
import type { PanelDeps } from "./panel.ts";
import { spanText } from "./trend-options.ts";

/** Over which time the trends page draws, and the buttons that change it. */
export interface TrendsTools {
  readonly element: HTMLElement;
  range(): TimeRange;
  setRange(range: TimeRange): void;
  /** On with the present. */
  follow(): void;
  show(): void;
}

/** @param save keeps what is drawn as a file */
export function createTrendsTools(
  { store, t, format, now }: Pick<PanelDeps, "format" | "now" | "store" | "t">,
  save: () => void,
): TrendsTools {
  const nowS = (): number => now() / 1000;
  const board = (): TrendBoard => store.view().trend;
  const range = (): TimeRange => rangeOf(board(), nowS());
  const setRange = (next: TimeRange): void => store.setTrend(withRange(board(), next, nowS()));
  const middle = (): number => (range().fromS + range().toS) / 2;
  const follow = (): void => {
    const { series, spanS } = board();
    store.setTrend({ series, spanS });
  };
  const button = (key: MessageKey, name: string, act: () => void): HTMLButtonElement => {
    const made = element("button", { type: "button", class: "action", "data-act": name }, t(key));
    made.addEventListener("click", act);
    return made;
  };

  const live = button("trends.goLive", "live", () =>
    board().toS === undefined ? store.setTrend(frozen(board(), nowS())) : follow(),
  );
  const span = element("select", { "aria-label": t("trends.span"), "data-span": true });
  span.addEventListener("change", () => {
    const spanS = Number(span.value);
    const { toS } = range();
    if (board().toS === undefined) store.setTrend({ series: board().series, spanS });
    else setRange({ fromS: toS - spanS, toS });
  });

  return {
    element: element(
      "div",
      { class: "trends-tools" },
      span,
      button("trends.earlier", "earlier", () => setRange(panned(range(), -0.5))),
      button("trends.later", "later", () => setRange(panned(range(), 0.5))),
      button("trends.closer", "closer", () => setRange(zoomed(range(), 0.5, middle()))),
      button("trends.farther", "farther", () => setRange(zoomed(range(), 2, middle()))),
      live,
      button("trends.save", "save", save),
      button("trends.print", "print", () => globalThis.print()),
      button("trends.clear", "clear", () => store.setTrend({ ...board(), series: [] })),
    ),
    range,
    setRange,
    follow,
    show() {
      const isLive = board().toS === undefined;
      setText(live, t(isLive ? "trends.freeze" : "trends.goLive"));
      setAttribute(live, "aria-pressed", String(isLive));
      const chosen = Math.round(board().spanS);
      const spans = [...new Set([...PRESETS, chosen])].sort((a, b) => a - b);
      if (span.dataset["spans"] !== spans.join()) {
        span.dataset["spans"] = spans.join();
        span.replaceChildren(
          ...spans.map((seconds) =>
            element("option", { value: String(seconds) }, spanText(seconds, t, format)),
          ),
        );
      }
      span.value = String(chosen);
    },
  };
}
