import type { SpectrumDto } from "@stethos/edge-agent/core";
import uPlot from "uplot";
import { element } from "../dom/element.ts";
import { paletteColour } from "../dom/palette-colour.ts";
import { baselineLines, type MarkRow } from "./spectrum-rows.ts";

const FONT = "11px system-ui, sans-serif";
const LEAST = { width: 120, height: 80 } as const;

export interface SpectrumChartOptions {
  readonly number: (value: number) => string;
  /** Of a line's level, in the shown unit. */
  readonly convert: (value: number) => number;
  /** What the pointer points at; undefined when it left. */
  readonly pointed: (line: number | undefined) => void;
}

/** Amplitudes over frequency with the bearing's frequencies marked. */
export interface SpectrumChart {
  draw(spectrum: SpectrumDto, marks: readonly MarkRow[]): void;
  dispose(): void;
}

export function createSpectrumChart(host: HTMLElement, options: SpectrumChartOptions): SpectrumChart {
  let shown: SpectrumDto | undefined;
  let rows: readonly MarkRow[] = [];
  const line = { stroke: paletteColour("--line"), width: 1 };
  const axis = { stroke: paletteColour("--text-weak"), grid: line, ticks: line, font: FONT };
  const markColour = paletteColour("--advisory");
  const chips = element("div", { class: "mark-chips" });

  const drawMarks = (self: uPlot): void => {
    const { ctx, bbox } = self;
    ctx.save();
    ctx.strokeStyle = markColour;
    ctx.lineWidth = devicePixelRatio;
    for (const { hz, harmonic } of shown?.marks ?? []) {
      const x = Math.round(self.valToPos(hz, "x", true)) + 0.5;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.setLineDash(harmonic === 1 ? [] : [3 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.globalAlpha = harmonic === 1 ? 0.8 : 0.35;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };

  /** Names above the lines, in as many storeys as keep them apart. */
  const placeChips = (self: uPlot): void => {
    const ends: number[] = [];
    const made = [...rows]
      .sort((a, b) => a.hz - b.hz)
      .flatMap(({ name, hz, text }) => {
        const left = self.valToPos(hz, "x");
        if (left < 0 || left > self.over.clientWidth) return [];
        const found = ends.findIndex((end) => end < left);
        const storey = found < 0 ? ends.length : found;
        ends[storey] = left + 11 + name.length * 6.5;
        const chip = element("span", { class: "mark-chip", "data-mark": name }, name);
        chip.title = text;
        chip.style.left = `${left}px`;
        chip.style.top = `${storey * 15}px`;
        return [chip];
      });
    chips.replaceChildren(...made);
  };

  const size = (): { width: number; height: number } => ({
    width: Math.max(LEAST.width, host.clientWidth),
    height: Math.max(LEAST.height, host.clientHeight),
  });
  const chart = new uPlot(
    {
      ...size(),
      legend: { show: false },
      // Dragging chooses a stretch of frequencies; a double click shows all of them.
      cursor: { y: false },
      scales: { x: { time: false }, y: { range: (_, __, high) => [0, (high ?? 1) * 1.1 || 1] } },
      axes: [
        { ...axis, values: (_, splits) => splits.map(options.number), space: 54, size: 26 },
        { ...axis, values: (_, splits) => splits.map(options.number), size: 56 },
      ],
      series: [
        {},
        {
          stroke: paletteColour("--text-weak"),
          fill: "rgba(140, 150, 160, 0.18)",
          width: 1,
          points: { show: false },
        },
        { stroke: paletteColour("--series-1"), width: 1.2, points: { show: false } },
      ],
      hooks: {
        drawClear: [drawMarks],
        draw: [placeChips],
        setCursor: [({ cursor }) => options.pointed(cursor.idx ?? undefined)],
      },
    },
    [[], [], []],
    host,
  );
  chart.over.append(chips);
  const observer = new ResizeObserver(() => chart.setSize(size()));
  observer.observe(host);

  return {
    draw(spectrum, marks) {
      shown = spectrum;
      rows = marks;
      const { level, stepHz } = spectrum;
      chart.setData([
        level.map((_, i) => i * stepHz),
        baselineLines(spectrum).map((value) => (value === null ? null : options.convert(value))),
        // The constant part says nothing and would dwarf the rest.
        level.map((value, i) => (i === 0 ? null : options.convert(value))),
      ]);
    },
    dispose() {
      observer.disconnect();
      chart.destroy();
    },
  };
}
