import { element, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import {
  MOST_SERIES,
  subjectKey,
  type TimeRange,
  type TrendBoard,
  withoutSeries,
  withSeries,
} from "../state/trend-board.ts";
import { createFindBox } from "./find-box.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createTrendLimits } from "./trend-limits.ts";
import { newestValue } from "./trend-model.ts";
import { createTrendsAlarms } from "./trends-alarms.ts";
import type { ChartView } from "./trends-chart-view.ts";
import { createTrendsCursor } from "./trends-cursor.ts";
import { saveTrends } from "./trends-file.ts";
import { createTrendsModel } from "./trends-model.ts";
import {
  alarmMarks,
  type ChartGroup,
  chartGroups,
  limitsOf,
  type TrendSeries,
  trendSeries,
} from "./trends-rows.ts";
import { createTrendsTools } from "./trends-tools.ts";

const BUCKETS = { least: 120, most: 2_000 } as const;

/** Any values over any time: one chart a unit, one cursor through all of them. */
export function createTrendsPage(deps: PanelDeps): Panel {
  const { store, points, timers, t, format, now } = deps;
  const nowS = (): number => now() / 1000;
  const board = (): TrendBoard => store.view().trend;

  let views: readonly ChartView[] = [];
  let drawnGroups = "";
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

  const series = (): readonly TrendSeries[] =>
    trendSeries(board().series, store.view().plant, points, model.unit, t);
  const tools = createTrendsTools(deps, () => saveTrends(deps, model, series(), tools.range()));
  const { range } = tools;
  const cursor = createTrendsCursor(deps, range, (timeS) => {
    // The charts' own cursors follow the first one's.
    views[0]?.point(timeS);
    readAt(timeS);
  });

  const close = element(
    "button",
    { type: "button", class: "action", "data-act": "close" },
    t("trends.close"),
  );
  close.addEventListener("click", () => {
    store.openPage("plant");
    document.querySelector<HTMLElement>("[data-trends]")?.focus();
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
  const hint = element("p", { class: "note trends-hint" }, t("trends.hint"));
  const title = element("h2", { id: "trends-title", tabindex: "-1" }, t("trends.title"));
  const body = element("div", { class: "trends-body" }, charts, cursor.element, ...alarms.elements, hint);
  const panel = element(
    "section",
    { class: "panel trends", "aria-labelledby": "trends-title", hidden: true },
    element("div", { class: "panel-head" }, title, box.element, close),
    tools.element,
    full,
    when,
    none,
    body,
  );

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
        setRange: tools.setRange,
        follow: tools.follow,
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
    cursor.show(timeS);
    for (const view of views) view.read(timeS);
    alarms.showAt(timeS);
  }

  const showTools = (shown: TimeRange): void => {
    tools.show();
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
    readAt(cursor.placeIn(shown, board().toS === undefined));
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
