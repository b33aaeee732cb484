import { element, setAttribute } from "../dom/element.ts";
import { type AlarmMark, type ReplayRange, shareOf } from "../replay/replay-range.ts";

/** The recorded hours as a slider: keyboard, touch and screen readers come with the browser's own. */
export interface ReplayTimeline {
  readonly element: HTMLElement;
  setRange(range: ReplayRange): void;
  setMarks(range: ReplayRange, marks: readonly AlarmMark[]): void;
  /** @param words what a screen reader says of the moment */
  setMoment(ms: number, words: string): void;
}

const SECOND_MS = 1_000;
const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

export function createReplayTimeline(label: string, moved: (ms: number) => void): ReplayTimeline {
  const slider = element("input", {
    type: "range",
    class: "replay-slider",
    min: "0",
    step: "1",
    "aria-label": label,
  });
  const gaps = element("div", { class: "replay-gaps", "aria-hidden": "true" });
  const marks = element("div", { class: "replay-marks", "aria-hidden": "true" });
  let fromMs = 0;
  let toMs = 0;
  slider.addEventListener("input", () => moved(Math.min(toMs, fromMs + slider.valueAsNumber * SECOND_MS)));

  return {
    element: element("div", { class: "replay-timeline" }, gaps, marks, slider),
    setRange(range) {
      ({ fromMs, toMs } = range);
      slider.max = String(Math.ceil((toMs - fromMs) / SECOND_MS));
      gaps.replaceChildren(
        ...range.gaps.map((gap) => {
          const made = element("span", { class: "replay-gap" });
          made.style.insetInlineStart = percent(shareOf(range, gap.fromMs));
          made.style.width = percent(shareOf(range, gap.toMs) - shareOf(range, gap.fromMs));
          return made;
        }),
      );
    },
    setMarks(range, all) {
      marks.replaceChildren(
        ...all.map(({ ms, severity, id }) => {
          const mark = element("span", { class: "replay-mark", "data-severity": severity, "data-mark": id });
          mark.style.insetInlineStart = percent(shareOf(range, ms));
          return mark;
        }),
      );
    },
    setMoment(ms, words) {
      const place = String(Math.floor((ms - fromMs) / SECOND_MS));
      if (slider.value !== place) slider.value = place;
      setAttribute(slider, "aria-valuetext", words);
    },
  };
}
