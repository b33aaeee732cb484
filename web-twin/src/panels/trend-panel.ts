import type { MachineDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { convert } from "../i18n/units.ts";
import { errorText } from "../i18n/words.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import type { TrendChart } from "./trend-chart.ts";
import { valueAt } from "./trend-columns.ts";
import { createTrendLimits } from "./trend-limits.ts";
import { createTrendModel } from "./trend-model.ts";
import {
  FIRST_SPAN,
  optionTitle,
  SPANS,
  spanText,
  type TrendOption,
  trendLabel,
  trendNote,
  trendOptions,
} from "./trend-options.ts";
import { ANOMALY_LIMIT } from "./why-rows.ts";

export interface TrendPanel extends Panel {
  /** Draw this tag of the chosen machine. */
  choose(tag: string): void;
}

/** The live trend of one value of the chosen machine. */
export function createTrendPanel(deps: PanelDeps): TrendPanel {
  const { store, t, format, now } = deps;
  const what = element("select", { "aria-label": t("trend.what"), "data-trend": true });
  const span = element(
    "select",
    { "aria-label": t("trend.span") },
    ...SPANS.map((seconds) => element("option", { value: String(seconds) }, spanText(seconds, t, format))),
  );
  span.value = String(FIRST_SPAN);
  const pointed = element("p", { class: "pointed" });
  const host = element("div", { class: "chart", role: "img" });
  const note = element("p", { class: "note", role: "status" });
  const retry = element("button", { type: "button", class: "action", hidden: true }, t("error.retry"));

  const open = element(
    "button",
    { type: "button", class: "action", "data-open-trend": true },
    t("trend.open"),
  );

  let options: readonly TrendOption[] = [];
  let chart: TrendChart | undefined;
  let drawnKey = "";
  let shownMachine: string | undefined;
  let shownSensor: string | undefined;
  let isDisposed = false;

  const model = createTrendModel({
    api: deps.api,
    now,
    failed: deps.failed,
    changed: () => draw(),
  });

  const limits = createTrendLimits({ ask: deps.ask, changed: () => draw() });
  const machineOf = (): MachineDto | undefined => {
    const { plant, selection } = store.view();
    return plant.machines.get(selection.machine ?? "");
  };
  const chosen = (): TrendOption | undefined => options.find(({ key }) => key === what.value);

  const dropChart = (): void => {
    chart?.dispose();
    chart = undefined;
    drawnKey = "";
  };

  /** uPlot comes when the first chart is wanted: the plant shows sooner without it. */
  const ensureChart = async (option: TrendOption): Promise<void> => {
    const { createTrendChart } = await import("./trend-chart.ts");
    if (isDisposed || chosen()?.key !== option.key || drawnKey === option.key) return;
    dropChart();
    drawnKey = option.key;
    const isScore = option.kind === "score";
    chart = createTrendChart(host, {
      series: [0],
      minute: (timeS) => format.minute(timeS * 1000),
      value: (value) => format.number(convert(value, format.conversion(option.unit))),
      ...(isScore ? { range: [0, 1] as const } : {}),
      pointed: (timeS) => setText(pointed, pointedText(option, timeS)),
    });
    setText(pointed, optionTitle(option, format));
    draw();
  };

  const pointedText = (option: TrendOption, timeS: number | undefined): string => {
    const value = timeS === undefined ? undefined : valueAt(model.columns(), timeS, model.spanS() / 50);
    if (timeS === undefined || value === undefined) return optionTitle(option, format);
    return `${format.time(timeS * 1000, now())}: ${format.quantity(value, option.unit)}`;
  };

  const showNote = (text: string | undefined): void => {
    note.hidden = text === undefined;
    setText(note, text ?? "");
  };

  function draw(): void {
    const machine = machineOf();
    const option = chosen();
    if (machine === undefined || option === undefined || isDisposed) return;
    showNote(trendNote(model, t, (error) => errorText(t, error)));
    retry.hidden = model.status().kind !== "failed";
    setAttribute(host, "aria-label", trendLabel(machine, option, model.spanS(), deps));
    if (chart === undefined || drawnKey !== option.key) {
      ensureChart(option).catch((error: unknown) => {
        showNote(t("trend.failed", { why: errorText(t, error) }));
        retry.hidden = false;
      });
      return;
    }
    const columns = model.columns();
    setAttribute(host, "data-points", String(columns.time.length));
    const toS = now() / 1000;
    const lines = option.kind === "score" ? [ANOMALY_LIMIT] : limits.of(option.id);
    chart.draw([columns], toS - model.spanS(), toS, { limits: lines });
  }

  const watch = (): void => {
    const option = chosen();
    if (option === undefined) return;
    const spanS = Number(span.value);
    model.watch(option, spanS);
    limits.want([option]);
    const machine = machineOf();
    if (machine !== undefined) model.follow(machine);
  };

  const fill = (machine: MachineDto, wanted: string): void => {
    options = trendOptions(machine, t);
    what.replaceChildren(...options.map((option) => element("option", { value: option.key }, option.text)));
    const found = options.find(({ key }) => key === wanted) ?? options[0];
    if (found !== undefined) what.value = found.key;
    watch();
  };

  open.addEventListener("click", () => {
    const option = chosen();
    if (option !== undefined) store.openTrend(option);
  });
  what.addEventListener("change", watch);
  span.addEventListener("change", watch);
  retry.addEventListener("click", () => model.reload());

  return {
    element: element(
      "section",
      { class: "block", "aria-labelledby": "trend-title" },
      element(
        "div",
        { class: "block-head" },
        element("h3", { id: "trend-title" }, t("trend.title")),
        what,
        span,
        open,
      ),
      pointed,
      host,
      note,
      retry,
    ),
    choose(tag) {
      what.value = `tag:${tag}`;
      watch();
    },
    show({ selection }, changes) {
      const machine = machineOf();
      if (machine === undefined) return;
      const isOther = machine.id !== shownMachine || selection.sensor !== shownSensor;
      shownMachine = machine.id;
      shownSensor = selection.sensor;
      if (isOther) fill(machine, `score:${selection.sensor ?? ""}`);
      // After a gap in the feed the agent's history knows more than this page.
      else if (changes.structure) fill(machine, what.value);
      else if (changes.machines.has(machine.id)) {
        model.follow(machine);
        draw();
      }
    },
    tick() {},
    dispose() {
      isDisposed = true;
      model.dispose();
      limits.dispose();
      dropChart();
    },
  };
}
