import { element } from "../dom/element.ts";
import type { TimeRange } from "../state/trend-board.ts";
import type { PanelDeps } from "./panel.ts";
import type { TrendsModel } from "./trends-model.ts";
import { shownColumns, type TrendSeries, trendsCsv } from "./trends-rows.ts";

/** Long enough for the browser to have taken it. */
const TAKEN_MS = 10_000;

/** Hands what is drawn to the browser as a CSV file. */
export function saveTrends(
  { t, format, now, timers }: Pick<PanelDeps, "format" | "now" | "t" | "timers">,
  model: Pick<TrendsModel, "columns">,
  series: readonly TrendSeries[],
  range: TimeRange,
): void {
  const shown = series.map((one) => ({
    name: one.name,
    symbol: format.symbol(one.unit),
    columns: shownColumns(model.columns(one.subject), one.unit, format),
  }));
  const url = URL.createObjectURL(new Blob([trendsCsv(shown, range, t)], { type: "text/csv;charset=utf-8" }));
  const link = element("a", {
    href: url,
    download: `trend-${new Date(now()).toISOString().slice(0, 19).replaceAll(":", "")}.csv`,
  });
  link.click();
  timers.after(TAKEN_MS, () => URL.revokeObjectURL(url));
}
