import { element, setAttribute, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import {
  frozen,
  MOST_SERIES,
  PRESETS,
  panned,
  rangeOf,
  subjectKey,
  type TimeRange,
  type TrendBoard,
  withoutSeries,
  withRange,
  withSeries,
  zoomed,
} from "../state/trend-board.ts";
import { createFindBox } from "./find-box.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createTrendLimits } from "./trend-limits.ts";
import { newestValue } from "./trend-model.ts";
import { spanText } from "./trend-options.ts";
import { createTrendsAlarms } from "./trends-alarms.ts";
import type { ChartView } from "./trends-chart-view.ts";
import { createTrendsModel } from "./trends-model.ts";
import {
  alarmMarks,
  type ChartGroup,
  chartGroups,
  limitsOf,
  shownColumns,
  type TrendSeries,
  trendSeries,
  trendsCsv,
} from "./trends-rows.ts";

const BUCKETS = { least: 120, most: 2_000 } as const;
const CURSOR_STEPS = 1_000;

/** Any values over any time: one chart a unit, one cursor through all of them. */
export function createTrendsPage(deps: PanelDeps): Panel {
  const { store, points, timers, t, format, now } = deps;
  const nowS = (): number => now() / 1000;
  const board = (): TrendBoard => store.view().trend;
  const range = (): TimeRange => rangeOf(board(), nowS());

  let views: readonly ChartView[] = [];
  let drawnGroups = "";
  let cursorS: number | undefined;
  let isShown = false;
  let isDisposed = false;
  let makeView: typeof import("./trends-chart-view.ts").createChartView | undefined;

  const model = createTrendsModel({
    api: deps.api,
    timers,
    failed: deps.failed,
    changed: () => render(),
  });

  const limits = createTrendLimits({ ask: deps.ask, changed: () => render() });
  const alarms = createTrendsAlarms(deps, () => render());

  const button = (key: Parameters<typeof t>[0], name: string, act: () => void): HTMLButtonElement => {
    const made = element("button", { type: "button", class: "action", "data-act": name }, t(key));
    made.addEventListener("click", act);
    return made;
  };
  const setRange = (next: TimeRange): void => store.setTrend(withRange(board(), next, nowS()));
  const follow = (): void => {
    const { series, spanS } = board();
    store.setTrend({ series, spanS });
  };
  const middle = (): number => (range().fromS + range().toS) / 2;

  const close = button("trends.close", "close", () => {
    store.openPage("plant");
    document.querySelector<HTMLElement>("[data-trends]")?.focus();
  });
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
  const box = createFindBox(deps, {
    id: "trends-find",
    label: t("trends.add"),
    placeholder: t("trends.addHint"),
    withScores: true,
    withAssets: false,
    isMain: false,
    pick: (found) => {
      if (found.kind === "point") store.setTrend(withSeries(board(), found.subject));
    },
  });
  const full = element("p", { class: "note", role: "status" });
  const none = element("p", { class: "empty" }, t("trends.none"));
  const when = element("p", { class: "trends-range" });
  const charts = element("div", { class: "trends-charts" });
  const at = element("output", { class: "trends-at", for: "trends-cursor" });
  const cursor = element("input", {
    type: "range",
    id: "trends-cursor",
    min: "0",
    max: String(CURSOR_STEPS),
    step: "1",
    "aria-label": t("trends.cursor"),
  });
  cursor.value = String(CURSOR_STEPS);
  const hint = element("p", { class: "note trends-hint" }, t("trends.hint"));
  const title = element("h2", { id: "trends-title", tabindex: "-1" }, t("trends.title"));
  const tools = element(
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
  );
  const body = element(
    "div",
    { class: "trends-body" },
    charts,
    element("div", { class: "trends-cursor" }, cursor, at),
    ...alarms.elements,
    hint,
  );
  const panel = element(
    "section",
    { class: "panel trends", "aria-labelledby": "trends-title", hidden: true },
    element("div", { class: "panel-head" }, title, box.element, close),
    tools,
    full,
    when,
    none,
    body,
  );

  const series = (): readonly TrendSeries[] =>
    trendSeries(board().series, store.view().plant, points, model.unit, t);

  function save(): void {
    const shown = series().map((one) => ({
      name: one.name,
      symbol: format.symbol(one.unit),
      columns: shownColumns(model.columns(one.subject), one.unit, format),
    }));
    const url = URL.createObjectURL(
      new Blob([trendsCsv(shown, range(), t)], { type: "text/csv;charset=utf-8" }),
    );
    const link = element("a", {
      href: url,
      download: `trend-${new Date(now()).toISOString().slice(0, 19).replaceAll(":", "")}.csv`,
    });
    link.click();
    // The browser has taken it by then.
    timers.after(10_000, () => URL.revokeObjectURL(url));
  }

  const dropViews = (): void => {
    for (const view of views) view.dispose();
    views = [];
  };

  const buildViews = (groups: readonly ChartGroup[]): void => {
    const make = makeView;
    if (make === undefined) return;
    dropViews();
    // The hosts must have their size before a chart is drawn in them.
    const made = groups.map((group) =>
      make(group, {
        t,
        format,
        model,
        range,
        setRange,
        follow,
        remove: ({ subject }) => store.setTrend(withoutSeries(board(), subject)),
        pointed: (timeS) => {
          if (timeS !== undefined) readAt(timeS);
        },
      }),
    );
    charts.replaceChildren(...made.map((view) => view.element));
    views = made;
  };

  const loadViews = (): void => {
    void import("./trends-chart-view.ts").then(
      ({ createChartView }) => {
        makeView = createChartView;
        render();
      },
      (error: unknown) => {
        full.hidden = false;
        setText(full, t("trends.failed", { why: errorText(t, error) }));
      },
    );
  };

  function readAt(timeS: number): void {
    cursorS = timeS;
    const { fromS, toS } = range();
    const text = format.time(timeS * 1000, now());
    setText(at, t("trends.at", { time: text }));
    cursor.value = String(Math.round(((timeS - fromS) / (toS - fromS)) * CURSOR_STEPS));
    setAttribute(cursor, "aria-valuetext", text);
    for (const view of views) view.read(timeS);
    alarms.showAt(timeS);
  }

  cursor.addEventListener("input", () => {
    const { fromS, toS } = range();
    const timeS = fromS + ((toS - fromS) * Number(cursor.value)) / CURSOR_STEPS;
    // The charts' own cursors follow the first one's.
    views[0]?.point(timeS);
    readAt(timeS);
  });

  const showTools = (shown: TimeRange): void => {
    const isLive = board().toS === undefined;
    setText(live, t(isLive ? "trends.freeze" : "trends.goLive"));
    setAttribute(live, "aria-pressed", String(isLive));
    const spans = [...new Set([...PRESETS, Math.round(board().spanS)])].sort((a, b) => a - b);
    if (span.dataset["spans"] !== spans.join()) {
      span.dataset["spans"] = spans.join();
      span.replaceChildren(
        ...spans.map((seconds) =>
          element("option", { value: String(seconds) }, spanText(seconds, t, format)),
        ),
      );
    }
    span.value = String(Math.round(board().spanS));
    const count = board().series.length;
    full.hidden = count < MOST_SERIES;
    setText(full, t("trends.full", { n: MOST_SERIES }));
    box.input.disabled = count >= MOST_SERIES;
    none.hidden = count > 0;
    body.hidden = count === 0;
    when.hidden = count === 0;
    setText(when, rangeText(shown));
  };

  const rangeText = ({ fromS, toS }: TimeRange): string =>
    t("trends.range", {
      from: format.time(fromS * 1000, now()),
      to: format.time(toS * 1000, now()),
      zone: format.zone(toS * 1000),
    });

  function render(): void {
    if (!isShown || isDisposed) return;
    const shown = range();
    const all = series();
    showTools(shown);
    if (all.length === 0) {
      dropGroups();
      return;
    }
    if (makeView === undefined) {
      loadViews();
      return;
    }
    const groups = chartGroups(all, format);
    const key = JSON.stringify([
      store.view().palette,
      groups.map((group) => [group.key, group.series.map((one) => [one.key, one.name, one.unit])]),
    ]);
    if (key !== drawnGroups) {
      drawnGroups = key;
      buildViews(groups);
    }
    const known = alarms.known();
    const marks = alarmMarks(known, all, shown, nowS(), { t, format });
    alarms.list(marks);
    const text = rangeText(shown);
    views.forEach((view, i) => {
      const group = groups[i];
      if (group === undefined) return;
      const names = group.series.map(({ name }) => name).join("; ");
      view.draw(
        { marks, limits: limitsOf(group, known, format, limits.of) },
        t("trends.chart", { names, range: text }),
      );
    });
    const isAway = cursorS === undefined || cursorS < shown.fromS || cursorS > shown.toS;
    const isAtEnd = Number(cursor.value) === CURSOR_STEPS;
    readAt(isAway || (isAtEnd && board().toS === undefined) ? shown.toS : (cursorS ?? shown.toS));
  }

  function dropGroups(): void {
    drawnGroups = "";
    dropViews();
    charts.replaceChildren();
  }

  const want = (): void => {
    const shown = range();
    const width = charts.clientWidth || panel.clientWidth || BUCKETS.most;
    model.want({
      series: board().series,
      range: shown,
      isLive: board().toS === undefined,
      buckets: Math.round(Math.min(BUCKETS.most, Math.max(BUCKETS.least, width / 2))),
    });
    if (board().series.length > 0) alarms.want(shown);
    limits.want(board().series);
  };

  /** What is heard now goes into the charts that follow. */
  const hear = (): void => {
    if (board().toS !== undefined) return;
    const { plant } = store.view();
    const view = points.view();
    for (const one of series()) {
      const machine = plant.machines.get(one.asset);
      const newest = machine === undefined ? undefined : newestValue(machine, one.subject);
      if (newest !== undefined) model.heard(one.subject, newest.timeS, newest.value);
      else if (one.subject.kind === "tag" && view?.timeMs !== undefined && !view.isStale) {
        const point = points.find(one.subject.id);
        if (point === undefined) continue;
        model.heard(one.subject, view.timeMs / 1000, points.valueOf(point) ?? null);
      }
    }
  };

  let watched = "";
  /** The full values of what is drawn; the feed alone carries rounded ones. */
  const watch = (): void => {
    const subjects = isShown ? board().series.filter(({ kind }) => kind === "tag") : [];
    const key = subjects.map(subjectKey).join("\n");
    if (key === watched) return;
    watched = key;
    points.watch(subjects.flatMap(({ id }) => points.find(id) ?? []));
  };

  const unsubscribe = points.subscribe((change) => {
    if (change.kind !== "layout") return;
    box.forget();
    render();
  });

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close.click();
  });
  const resized = new ResizeObserver(() => {
    if (isShown) want();
  });
  resized.observe(charts);

  return {
    element: panel,
    show({ page }, changes) {
      const isOpening = page === "trends" && !isShown;
      isShown = page === "trends";
      panel.hidden = !isShown;
      if (changes.structure) box.forget();
      if (changes.selection || isOpening) watch();
      if (!isShown) return;
      if (changes.selection || changes.structure || isOpening) want();
      if (changes.selection || changes.setting || changes.structure || changes.alarms) render();
      // The keyboard goes where the eye goes.
      if (isOpening) (board().series.length === 0 ? box.input : title).focus();
    },
    tick() {
      if (!isShown) return;
      hear();
      if (board().toS !== undefined) return;
      want();
      render();
    },
    dispose() {
      isDisposed = true;
      unsubscribe();
      resized.disconnect();
      alarms.dispose();
      limits.dispose();
      model.dispose();
      box.dispose();
      dropViews();
    },
  };
}
