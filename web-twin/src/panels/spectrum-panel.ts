import { SPECTRUM_KINDS, type SpectrumDto, type SpectrumKind } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { convert } from "../i18n/units.ts";
import { errorText } from "../i18n/words.ts";
import { shownAlarm } from "../state/selection.ts";
import type { View } from "../state/store.ts";
import { createAnalysisApi } from "../stream/analysis-api.ts";
import { ApiError } from "../stream/api-error.ts";
import { createLatest } from "./latest.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import type { SpectrumChart } from "./spectrum-chart.ts";
import { markRows, peakOf } from "./spectrum-rows.ts";

/** A newer one is fetched at most this often. */
const REFRESH_MS = 5_000;

/** The spectrum of the chosen sensor with the frequencies of its bearing marked, now or at the alarm. */
export function createSpectrumPanel(deps: PanelDeps): Panel {
  const { t, format, timers, store } = deps;
  const api = createAnalysisApi(deps.ask);
  const job = createLatest();
  const kind = element(
    "select",
    { "aria-label": t("spectrum.kind"), "data-spectrum-kind": true },
    ...SPECTRUM_KINDS.map((one) => element("option", { value: one }, t(`spectrum.${one}`))),
  );
  // A bearing shows in its envelope first.
  kind.value = "envelope";
  const moment = element(
    "select",
    { "aria-label": t("spectrum.of"), "data-spectrum-of": true },
    element("option", { value: "now" }, t("spectrum.now")),
    element("option", { value: "alarm" }, t("spectrum.alarm")),
  );
  const pointed = element("p", { class: "pointed" });
  const host = element("div", { class: "chart spectrum-chart", role: "img" });
  const note = element("p", { class: "note", role: "status" });
  const retry = element("button", { type: "button", class: "action", hidden: true }, t("error.retry"));
  const marks = element("ul", { class: "marks", "aria-label": t("spectrum.marks") });
  const block = element(
    "section",
    { class: "block spectrum", "aria-labelledby": "spectrum-title" },
    element(
      "div",
      { class: "block-head" },
      element("h3", { id: "spectrum-title" }, t("spectrum.title")),
      kind,
      moment,
    ),
    pointed,
    host,
    marks,
    note,
    retry,
  );

  let spectrum: SpectrumDto | undefined;
  let chart: SpectrumChart | undefined;
  let drawnIn = "";
  let asked = "";
  let heard: number | undefined;
  let cancelWait: (() => void) | undefined;
  let isDue = false;
  let isDisposed = false;

  const say = (text: string | undefined, canRetry = false): void => {
    note.hidden = text === undefined;
    setText(note, text ?? "");
    retry.hidden = !canRetry;
  };

  const pointedText = (line: number | undefined): string => {
    if (spectrum === undefined) return "";
    const level = spectrum.level[line ?? -1];
    if (line === undefined || level === undefined) {
      return spectrum.baseline === undefined ? "" : t("spectrum.baseline");
    }
    const healthy = spectrum.baseline?.[line];
    const values = {
      hz: format.number(line * spectrum.stepHz),
      level: format.quantity(level, spectrum.unit),
    };
    return healthy === undefined
      ? t("spectrum.at", values)
      : t("spectrum.atBaseline", { ...values, baseline: format.quantity(healthy, spectrum.unit) });
  };

  /** uPlot comes with the first spectrum; another palette or unit wants another chart. */
  const ensureChart = async (shown: SpectrumDto): Promise<SpectrumChart | undefined> => {
    const wanted = `${store.view().palette} ${shown.unit}`;
    const { createSpectrumChart } = await import("./spectrum-chart.ts");
    if (isDisposed) return undefined;
    if (chart !== undefined && drawnIn === wanted) return chart;
    chart?.dispose();
    drawnIn = wanted;
    const conversion = format.conversion(shown.unit);
    chart = createSpectrumChart(host, {
      number: format.number,
      convert: (value) => convert(value, conversion),
      pointed: (line) => setText(pointed, pointedText(line)),
    });
    return chart;
  };

  const draw = async (): Promise<void> => {
    const shown = spectrum;
    host.hidden = shown === undefined;
    marks.hidden = shown === undefined;
    if (shown === undefined) return;
    const rows = markRows(shown, { t, format });
    const peak = peakOf(shown);
    setAttribute(
      host,
      "aria-label",
      t("spectrum.label", {
        kind: t(`spectrum.${shown.kind}`),
        maxHz: format.number(shown.level.length * shown.stepHz),
        peakHz: format.number(peak.hz),
        peak: format.quantity(peak.level, shown.unit),
      }),
    );
    marks.replaceChildren(...rows.map(({ text }) => element("li", {}, text)));
    say(rows.length === 0 ? t("spectrum.noMarks") : undefined);
    setText(pointed, pointedText(undefined));
    const made = await ensureChart(shown);
    if (spectrum === shown) made?.draw(shown, rows);
  };

  const ofNow = (): { readonly kind: "alarm" | "sensor"; readonly id: string } | undefined => {
    const { plant, selection } = store.view();
    const alarm = shownAlarm(plant, selection);
    if (moment.value === "alarm" && alarm !== undefined) return { kind: "alarm", id: alarm.id };
    return selection.sensor === undefined ? undefined : { kind: "sensor", id: selection.sensor };
  };

  const load = (isNew: boolean): void => {
    const of = ofNow();
    cancelWait?.();
    cancelWait = undefined;
    isDue = false;
    if (of === undefined) return;
    if (isNew) {
      spectrum = undefined;
      say(t("spectrum.loading"));
      void draw();
    }
    job.run((signal) => api.spectrum(of, kind.value as SpectrumKind, signal), {
      ready(found) {
        spectrum = found.level.length < 3 ? undefined : found;
        say(spectrum === undefined ? t("spectrum.none") : undefined);
        draw().catch((error: unknown) => say(t("spectrum.failed", { why: errorText(t, error) }), true));
      },
      failed(error) {
        spectrum = undefined;
        const isAbsent = error instanceof ApiError && error.kind === "not-found";
        void draw();
        say(isAbsent ? t("spectrum.none") : t("spectrum.failed", { why: errorText(t, error) }), !isAbsent);
        if (!isAbsent) deps.failed(error);
      },
    });
    cancelWait = timers.after(REFRESH_MS, () => {
      cancelWait = undefined;
      if (isDue) load(false);
    });
  };

  const sequenceOf = ({ plant, selection }: View): number | undefined =>
    plant.machines.get(selection.machine ?? "")?.scores.find(({ sensor }) => sensor === selection.sensor)
      ?.sequence;

  kind.addEventListener("change", () => load(true));
  moment.addEventListener("change", () => load(true));
  retry.addEventListener("click", () => load(true));

  return {
    element: block,
    show(view) {
      const { plant, selection } = view;
      const alarm = shownAlarm(plant, selection);
      block.hidden = selection.sensor === undefined;
      moment.hidden = alarm === undefined;
      const wanted = JSON.stringify([selection.sensor, alarm?.id]);
      if (wanted !== asked) {
        asked = wanted;
        if (alarm === undefined) moment.value = "now";
        heard = sequenceOf(view);
        load(true);
        return;
      }
      const sequence = sequenceOf(view);
      if (sequence === heard || moment.value === "alarm") return;
      heard = sequence;
      isDue = true;
      if (cancelWait === undefined) load(false);
    },
    tick() {},
    dispose() {
      isDisposed = true;
      cancelWait?.();
      job.cancel();
      chart?.dispose();
    },
  };
}
