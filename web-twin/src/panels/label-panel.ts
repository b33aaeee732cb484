import type { LabelVerdict } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList, type Row } from "../dom/keyed-list.ts";
import { errorText } from "../i18n/words.ts";
import { createDisagreementModel, type FrameView } from "./disagreement-model.ts";
import { inNameOf } from "./in-name-of.ts";
import { createLabelButtons } from "./label-buttons.ts";
import { type DisagreementRow, disagreementRows, frameCaption, isAlone } from "./models-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createSpectrogramCanvas } from "./spectrogram-canvas.ts";
import { commonRange, strongest } from "./spectrogram-image.ts";

function createRow(first: DisagreementRow, select: (frame: string) => void): Row<DisagreementRow> {
  const machine = element("span", { class: "row-name" });
  const when = element("span", { class: "row-state" });
  const says = element("span", { class: "row-place" });
  const label = element("span", { class: "frame-label" });
  const button = element(
    "button",
    { type: "button", class: "frame-row", "data-frame": first.frame },
    element("span", { class: "row-line" }, machine, when),
    says,
    label,
  );
  button.addEventListener("click", () => select(first.frame));
  return {
    element: element("li", {}, button),
    update(row) {
      setAttribute(button, "aria-pressed", String(row.selected));
      setAttribute(button, "data-given", row.label);
      setText(machine, row.machineName);
      setText(when, row.when);
      setText(says, row.says);
      setText(label, row.labelText);
    },
  };
}

/** The picture of a frame, and once it is labelled what each model says of it. */
function createFrameFigure({ t, format }: PanelDeps) {
  const canvas = createSpectrogramCanvas();
  const says = element("figcaption");
  const note = element("p", { class: "note", role: "status" });
  const figure = element("figure", { class: "picture frame-picture" }, says, canvas.element, note);

  const noteOf = (view: FrameView): string => {
    if (view.kind === "loading") return t("label.loading");
    return view.kind === "failed" ? t("spectrogram.failed", { why: errorText(t, view.error) }) : "";
  };
  return {
    element: figure,
    show(view: FrameView, label: DisagreementRow["label"]): void {
      setAttribute(figure, "data-state", view.kind);
      canvas.element.hidden = view.kind !== "ready";
      note.hidden = view.kind === "ready";
      says.hidden = view.kind !== "ready";
      setText(note, noteOf(view));
      if (view.kind !== "ready") return;
      const { spectrogram } = view.frame;
      setText(says, frameCaption(view.frame, label, { t, format }));
      const peak = strongest(spectrogram);
      canvas.draw(spectrogram, commonRange([spectrogram]), {
        label: t("spectrogram.label", {
          when: t("label.frame"),
          seconds: format.number(spectrogram.seconds),
          maxHz: format.number(spectrogram.maxHz),
          peakHz: format.number(peak.hz),
          peakDb: format.whole(peak.db),
        }),
        time: t("spectrogram.time"),
        frequency: t("spectrogram.frequency"),
        number: format.number,
      });
    },
  };
}

/** Frames on which the models disagree: one click tells which of them was right, with the spectrogram in view. */
export function createLabelPanel(deps: PanelDeps): Panel {
  const { api, store, t, format, now, operator } = deps;
  const abort = new AbortController();
  const model = createDisagreementModel({
    api,
    timers: deps.timers,
    failed: deps.failed,
    changed: () => draw(),
  });
  const list = element("ul", { class: "frame-rows" });
  const empty = element("p", { class: "note" });
  const what = element("p", { class: "note" }, t("label.what"));
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const given = element("p", { class: "unseen", role: "status" });
  const figure = createFrameFigure(deps);
  const note = element("input", { type: "text", maxlength: "500", placeholder: t("label.note") });
  setAttribute(note, "aria-label", t("label.note"));
  const buttons = createLabelButtons(deps, (verdict) => label(verdict));
  const rows = createKeyedList<DisagreementRow>(
    list,
    ({ frame }) => frame,
    (row) => createRow(row, model.select),
  );
  const side = element(
    "div",
    { class: "frame-side" },
    figure.element,
    element("div", { class: "frame-answer" }, buttons.element, note),
  );
  const retry = element("button", { type: "button", class: "action", hidden: true }, t("error.retry"));
  retry.addEventListener("click", model.reload);

  const complain = (text: string | undefined): void => {
    problem.hidden = text === undefined;
    setText(problem, text ?? "");
  };

  async function label(verdict: LabelVerdict): Promise<void> {
    const frame = model.selected();
    if (frame === undefined) return;
    const words = note.value.trim();
    const result = await inNameOf(operator, deps.failed, (by) =>
      api.labelFrame(frame, { verdict, by, ...(words === "" ? {} : { note: words }) }, abort.signal),
    );
    if (abort.signal.aborted) return;
    if (result.kind === "nameless") complain(t("alarms.byMissing"));
    else if (result.kind === "failed") complain(t("label.failed", { why: errorText(t, result.error) }));
    else {
      complain(undefined);
      note.value = "";
      setText(given, t("label.thanks", { verdict: t(`label.${verdict}`) }));
      model.labelled(frame, verdict);
    }
  }

  function draw(): void {
    const { plant } = store.view();
    const items = model.items();
    const selected = model.selected();
    rows.show(disagreementRows(items, plant, selected, { t, format, nowMs: now() }));
    const error = model.error();
    empty.hidden = items.length > 0 && error === undefined;
    retry.hidden = error === undefined && model.frame().kind !== "failed";
    setText(
      empty,
      error === undefined
        ? t(plant.models?.trial === undefined ? "label.noTrial" : "label.none")
        : t("label.listFailed", { why: errorText(t, error) }),
    );
    what.hidden = items.length === 0;
    side.hidden = selected === undefined;
    const current = items.find((one) => one.frame === selected);
    figure.show(model.frame(), current?.label);
    buttons.show(current?.label, (verdict) => verdict);
  }

  const observer = new ResizeObserver(draw);
  observer.observe(figure.element);

  const block = element(
    "section",
    { class: "block labels-block", "aria-labelledby": "label-title" },
    element("h3", { id: "label-title" }, t("label.title")),
    what,
    problem,
    given,
    empty,
    retry,
    element("div", { class: "frames" }, list, side),
  );

  return {
    element: block,
    show({ plant, page }) {
      const { models } = plant;
      const evidence = models?.trial?.evidence;
      block.hidden = models === undefined || isAlone(models);
      const state = [
        models?.trial?.id ?? models?.outcomes[0]?.trial,
        evidence?.disagreements,
        evidence?.unlabelled,
      ];
      model.watch(page === "models" && !block.hidden ? JSON.stringify(state) : undefined);
      draw();
    },
    tick() {},
    dispose() {
      abort.abort();
      observer.disconnect();
      model.dispose();
    },
  };
}
