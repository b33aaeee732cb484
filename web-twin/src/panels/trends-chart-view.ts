import { element, setAttribute, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import type { TimeRange } from "../state/trend-board.ts";
import type { PanelDeps } from "./panel.ts";
import { type ChartOptions, createTrendChart, type Overlay, type TrendChart, toneOf } from "./trend-chart.ts";
import { valueAt } from "./trend-columns.ts";
import { keyRange, listenToGestures } from "./trend-gestures.ts";
import type { TrendsModel } from "./trends-model.ts";
import { type ChartGroup, extremes, shownColumns, type TrendSeries } from "./trends-rows.ts";

export interface ChartViewDeps extends Pick<PanelDeps, "t" | "format"> {
  readonly model: TrendsModel;
  readonly range: () => TimeRange;
  readonly setRange: (range: TimeRange) => void;
  readonly follow: () => void;
  readonly remove: (series: TrendSeries) => void;
  readonly pointed: (timeS: number | undefined) => void;
}

/** One chart with the table of its values at the cursor. */
export interface ChartView {
  readonly element: HTMLElement;
  draw(overlay: Overlay, label: string): void;
  /** Writes the values at a moment into the table. */
  read(atS: number): void;
  /** Moves the cursor there. */
  point(timeS: number): void;
  dispose(): void;
}

const GROUP = "trends";
/** A value this near, as a share of the span, is the one at the cursor. */
const NEAR = 1 / 60;

const scaleOf = ({ series }: ChartGroup): Pick<ChartOptions, "range"> => {
  const kind = series[0]?.subject.kind;
  if (kind === "score") return { range: [0, 1] };
  return kind === "health" ? { range: [0, 100] } : {};
};

function swatch(number: number): HTMLElement {
  const { colour, dash } = toneOf(number);
  const made = element("span", { class: "swatch", "aria-hidden": "true" });
  made.style.setProperty("--tone", `var(${colour})`);
  if (dash.length > 0) made.dataset["dash"] = dash[0] === 7 ? "long" : "short";
  return made;
}

export function createChartView(group: ChartGroup, deps: ChartViewDeps): ChartView {
  const { t, format, model } = deps;
  const host = element("div", { class: "chart trends-chart", role: "group", tabindex: "0" });
  const cells = group.series.map((one) => {
    const value = element("td", { class: "figure" });
    const low = element("td", { class: "figure" });
    const high = element("td", { class: "figure" });
    const remove = element("button", { type: "button", class: "icon-button", "data-remove": one.key }, "×");
    setAttribute(remove, "aria-label", t("trends.remove", { name: one.name }));
    remove.title = t("trends.remove", { name: one.name });
    remove.addEventListener("click", () => deps.remove(one));
    const row = element(
      "tr",
      { "data-series": one.key },
      element("th", { scope: "row" }, swatch(one.number), one.name),
      value,
      low,
      high,
      element("td", {}, remove),
    );
    return { one, row, value, low, high };
  });
  const table = element(
    "table",
    { class: "trends-values" },
    element("caption", { class: "unseen" }, t("trends.table")),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        ...(["trends.name", "trends.value", "trends.lowest", "trends.highest"] as const).map((key) =>
          element("th", { scope: "col" }, t(key)),
        ),
        element("td"),
      ),
    ),
    element("tbody", {}, ...cells.map(({ row }) => row)),
  );

  const chart: TrendChart = createTrendChart(host, {
    series: group.series.map(({ number }) => number),
    minute: (timeS, spanS) =>
      spanS > 2 * 86_400
        ? `${format.date(timeS * 1000)} ${format.minute(timeS * 1000)}`
        : axisTime(timeS, spanS),
    value: format.number,
    ...scaleOf(group),
    group: GROUP,
    pointed: deps.pointed,
  });
  const stop = listenToGestures(chart.plot, {
    range: deps.range,
    set: deps.setRange,
    follow: deps.follow,
  });

  function axisTime(timeS: number, spanS: number): string {
    return spanS < 300 ? format.clock(timeS * 1000) : format.minute(timeS * 1000);
  }

  host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = keyRange(event.key, deps.range());
    if (next === undefined && event.key !== "End") return;
    event.preventDefault();
    if (next === undefined) deps.follow();
    else deps.setRange(next);
  });

  const columnsOf = (one: TrendSeries) => shownColumns(model.columns(one.subject), one.unit, format);

  const noteOf = (one: TrendSeries): string => {
    const status = model.status(one.subject);
    if (status.kind === "loading") return t("trends.loading");
    if (status.kind === "failed") return t("trends.failed", { why: errorText(t, status.error) });
    return "";
  };
  const withUnit = (value: number, unit: string): string => {
    const symbol = format.symbol(unit);
    return symbol === "" ? format.number(value) : `${format.number(value)} ${symbol}`;
  };

  return {
    element: element("section", { class: "trends-group", "data-group": group.key }, host, table),
    draw(overlay, label) {
      const range = deps.range();
      const columns = group.series.map(columnsOf);
      chart.draw(columns, range.fromS, range.toS, overlay);
      setAttribute(host, "aria-label", label);
      setAttribute(host, "data-points", String(columns[0]?.time.length ?? 0));
      cells.forEach(({ one, low, high }, i) => {
        const found = extremes(columns[i] ?? columnsOf(one), range);
        setText(low, found === undefined ? "" : withUnit(found.low, one.unit));
        setText(
          high,
          found === undefined ? noteOf(one) || t("trends.missing") : withUnit(found.high, one.unit),
        );
      });
    },
    read(atS) {
      const range = deps.range();
      for (const { one, value } of cells) {
        const found = valueAt(columnsOf(one), atS, (range.toS - range.fromS) * NEAR);
        setText(value, found === undefined ? t("trends.noValue") : withUnit(found, one.unit));
      }
    },
    point: chart.point,
    dispose() {
      stop();
      chart.dispose();
    },
  };
}
