import type { SpectrogramDto } from "@stethos/edge-agent/core";
import { element, setText } from "../dom/element.ts";
import type { MessageKey } from "../i18n/en.ts";
import { errorText } from "../i18n/words.ts";
import { shownAlarm } from "../state/selection.ts";
import type { View } from "../state/store.ts";
import { createAnalysisApi } from "../stream/analysis-api.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createSpectrogramCanvas } from "./spectrogram-canvas.ts";
import { commonRange, type Range, strongest } from "./spectrogram-image.ts";
import { createSpectrogramModel, type Picture } from "./spectrogram-model.ts";

interface PictureView {
  readonly element: HTMLElement;
  show(picture: Picture, range: Range | undefined): void;
}

function createPictureView(
  title: "now" | "alarm",
  absent: MessageKey,
  { t, format }: PanelDeps,
): PictureView {
  const canvas = createSpectrogramCanvas();
  const when = t(`spectrogram.${title}`);
  const caption = element("figcaption", {}, when);
  const note = element("p", { class: "note", role: "status" });
  const figure = element(
    "figure",
    { class: "picture", "data-spectrogram": title },
    caption,
    canvas.element,
    note,
  );

  const noteOf = (picture: Picture): string => {
    if (picture.kind === "loading") return t("spectrogram.loading");
    if (picture.kind === "absent") return t(absent);
    return picture.kind === "failed" ? t("spectrogram.failed", { why: errorText(t, picture.error) }) : "";
  };
  const labelOf = (spectrogram: SpectrogramDto): string => {
    const peak = strongest(spectrogram);
    return t("spectrogram.label", {
      when,
      seconds: format.number(spectrogram.seconds),
      maxHz: format.number(spectrogram.maxHz),
      peakHz: format.number(peak.hz),
      peakDb: format.whole(peak.db),
    });
  };

  return {
    element: figure,
    show(picture, range) {
      figure.dataset["state"] = picture.kind;
      canvas.element.hidden = picture.kind !== "ready";
      note.hidden = picture.kind === "ready";
      setText(note, noteOf(picture));
      if (picture.kind !== "ready" || range === undefined) return;
      setText(caption, `${when}, ${format.clock(Date.parse(picture.spectrogram.firstSampleTime))}`);
      canvas.draw(picture.spectrogram, range, {
        label: labelOf(picture.spectrogram),
        time: t("spectrogram.time"),
        frequency: t("spectrogram.frequency"),
        number: format.number,
      });
    },
  };
}

/** The alarm whose recording stands beside the present one, where it is of the same sensor. */
function comparedAlarm({ plant, selection }: View): string | undefined {
  const alarm = shownAlarm(plant, selection);
  return alarm?.sensor === selection.sensor ? alarm?.id : undefined;
}

/** What the chosen sensor hears now, beside what it heard at the alarm: both in the same colours. */
export function createSpectrogramPanel(deps: PanelDeps): Panel {
  const { t } = deps;
  const now = createPictureView("now", "spectrogram.none", deps);
  const alarm = createPictureView("alarm", "spectrogram.noSnapshot", deps);
  const retry = element("button", { type: "button", class: "action", hidden: true }, t("error.retry"));
  const which = element(
    "select",
    { "aria-label": t("spectrogram.which"), "data-spectrogram-which": true },
    element("option", { value: "alone" }, t("spectrogram.alone")),
    element("option", { value: "against" }, t("spectrogram.against")),
  );
  const isAgainst = (): boolean => which.value === "against";
  const analysis = createAnalysisApi(deps.ask);
  const model = createSpectrogramModel({
    api: {
      sensorSpectrogram: (sensor, signal) =>
        isAgainst()
          ? analysis.spectrogramAgainstBaseline(sensor, signal)
          : deps.api.sensorSpectrogram(sensor, signal),
      alarmSpectrogram: deps.api.alarmSpectrogram,
    },
    timers: deps.timers,
    failed: deps.failed,
    changed: () => draw(),
  });

  function draw(): void {
    // Levels and differences of levels have no scale in common.
    const pictures = { now: model.now(), alarm: isAgainst() ? undefined : model.alarm() };
    const ready = [pictures.now, pictures.alarm].flatMap((picture) =>
      picture?.kind === "ready" ? [picture.spectrogram] : [],
    );
    const range = ready.length === 0 ? undefined : commonRange(ready);
    now.show(pictures.now, range);
    alarm.element.hidden = pictures.alarm === undefined;
    if (pictures.alarm !== undefined) alarm.show(pictures.alarm, range);
    retry.hidden = pictures.now.kind !== "failed" && pictures.alarm?.kind !== "failed";
  }

  const observer = new ResizeObserver(draw);
  observer.observe(now.element);
  retry.addEventListener("click", () => model.reload());
  which.addEventListener("change", () => model.reload());
  let watched = "";

  return {
    element: element(
      "section",
      { class: "block", "aria-labelledby": "spectrogram-title" },
      element(
        "div",
        { class: "block-head" },
        element("h3", { id: "spectrogram-title" }, t("spectrogram.title")),
        which,
      ),
      element("div", { class: "pictures" }, now.element, alarm.element),
      retry,
    ),
    show(view, changes) {
      const { plant, selection } = view;
      const compared = comparedAlarm(view);
      const wanted = JSON.stringify([selection.sensor, compared]);
      if (wanted !== watched) model.watch(selection.sensor, compared);
      watched = wanted;
      if (selection.machine === undefined || !changes.machines.has(selection.machine)) return;
      const scores = plant.machines.get(selection.machine)?.scores ?? [];
      const score = scores.find(({ sensor }) => sensor === selection.sensor);
      if (score !== undefined) model.heard(score.sequence);
    },
    tick() {},
    dispose() {
      observer.disconnect();
      model.dispose();
    },
  };
}
