import uPlot from "uplot";
import { paletteColour } from "../dom/palette-colour.ts";
import type { TrendColumns } from "../state/trend-buffer.ts";
import { align, bridge } from "./trend-columns.ts";
import { roomy, scaleWith } from "./trend-scale.ts";

const FONT = "11px system-ui, sans-serif";
const TONES = 6;
/** A shape of its own for each dozen of colours: told apart without them. */
const DASHES = [[], [7, 4], [2, 3]] as const;
const LEAST = { width: 120, height: 80 } as const;

/** A stretch of time with something to say: an alarm. */
export interface ChartMark {
  readonly fromS: number;
  readonly toS: number;
  readonly severity: "alarm" | "warning";
}

/** What is drawn beneath the lines. */
export interface Overlay {
  readonly marks?: readonly ChartMark[];
  /** Dashed lines across. */
  readonly limits?: readonly number[];
}

export interface ChartOptions {
  /** Number of each series among all that are shown together: decides its colour and dashes. */
  readonly series: readonly number[];
  readonly minute: (timeS: number, spanS: number) => string;
  readonly value: (value: number) => string;
  /** Fixed ends of the scale, where the value has any. */
  readonly range?: readonly [number, number];
  /** Charts of the same name move their cursors together. */
  readonly group?: string;
  /** The moment that the pointer is at; undefined when it left. */
  readonly pointed: (timeS: number | undefined) => void;
}

/** Lines of means in bands from lowest to highest. */
export interface TrendChart {
  /** Where gestures are made. */
  readonly plot: HTMLElement;
  /** @param columns one for each series */
  draw(columns: readonly TrendColumns[], fromS: number, toS: number, overlay?: Overlay): void;
  /** Moves the cursor there. */
  point(timeS: number): void;
  dispose(): void;
}

/** What shows which line is which, as CSS: the colour's name, and the dashes. */
export const toneOf = (series: number): { readonly colour: string; readonly dash: readonly number[] } => ({
  colour: `--series-${(series % TONES) + 1}`,
  dash: DASHES[Math.floor(series / TONES) % DASHES.length] ?? [],
});

function seriesOf(numbers: readonly number[]): uPlot.Series[] {
  return numbers.flatMap((number) => {
    const { colour, dash } = toneOf(number);
    const edge: uPlot.Series = { stroke: "transparent", points: { show: false } };
    const line: uPlot.Series = {
      stroke: paletteColour(colour),
      width: 1.6,
      dash: [...dash],
      // A value between two gaps is no line; without a dot nobody would see it.
      points: { size: 4, show: (self, at) => isLonely(self, at) },
    };
    return [edge, { ...edge }, line];
  });
}

/** Only few values: dots show where they are. */
function isLonely(self: uPlot, at: number): boolean {
  const column = self.data[at];
  if (column === undefined) return false;
  let count = 0;
  for (let i = 0; i < column.length && count <= 20; i += 1) if (typeof column[i] === "number") count += 1;
  return count <= 20;
}

const faded = (colour: string, percent: number): string =>
  `color-mix(in srgb, ${colour} ${percent}%, transparent)`;

export function createTrendChart(host: HTMLElement, options: ChartOptions): TrendChart {
  let window: [number, number] = [0, 1];
  let overlay: Overlay = {};
  const { range } = options;
  const ink = paletteColour("--text-weak");
  const line = { stroke: paletteColour("--line"), width: 1 };
  const axis = { stroke: ink, grid: line, ticks: line, font: FONT };
  const limitColour = paletteColour("--alarm");
  const markColour = { alarm: limitColour, warning: paletteColour("--warning") };

  const yRange = (_: uPlot, low: number | null, high: number | null): [number, number] => {
    if (range !== undefined) return [...range];
    if (low === null || high === null) return [0, 1];
    return scaleWith(roomy(low, high), overlay.limits ?? []);
  };

  /** Alarms behind the lines, limits across. */
  const underlay = (self: uPlot): void => {
    const { ctx, bbox } = self;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const mark of overlay.marks ?? []) {
      const left = self.valToPos(mark.fromS, "x", true);
      const right = self.valToPos(mark.toS, "x", true);
      ctx.fillStyle = faded(markColour[mark.severity], 14);
      ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
      ctx.fillStyle = markColour[mark.severity];
      ctx.fillRect(left - 1, bbox.top, 2 * devicePixelRatio, bbox.height);
    }
    ctx.strokeStyle = limitColour;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const limit of overlay.limits ?? []) {
      const y = Math.round(self.valToPos(limit, "y", true)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  };

  const size = (): { width: number; height: number } => ({
    width: Math.max(LEAST.width, host.clientWidth),
    height: Math.max(LEAST.height, host.clientHeight),
  });

  const chart = new uPlot(
    {
      ...size(),
      legend: { show: false },
      cursor: {
        drag: { x: false, y: false },
        y: false,
        ...(options.group === undefined ? {} : { sync: { key: options.group, scales: ["x", null] } }),
      },
      scales: { x: { range: () => window }, y: { range: yRange } },
      axes: [
        {
          ...axis,
          values: (_, splits) => splits.map((at) => options.minute(at, window[1] - window[0])),
          space: 76,
          size: 26,
        },
        { ...axis, values: (_, splits) => splits.map(options.value), size: 56 },
      ],
      series: [{}, ...seriesOf(options.series)],
      bands: options.series.map((number, i) => ({
        series: [3 * i + 2, 3 * i + 1] as [number, number],
        fill: faded(paletteColour(toneOf(number).colour), 22),
      })),
      hooks: {
        drawClear: [underlay],
        setCursor: [
          (self) => {
            const { left } = self.cursor;
            const isInside = left !== undefined && left >= 0;
            options.pointed(isInside ? self.posToVal(left, "x") : undefined);
          },
        ],
      },
    },
    [[], ...options.series.flatMap(() => [[], [], []])],
    host,
  );
  const observer = new ResizeObserver(() => chart.setSize(size()));
  observer.observe(host);

  return {
    plot: chart.over,
    draw(columns, fromS, toS, beneath = {}) {
      window = [fromS, toS];
      overlay = beneath;
      const { time, columns: cells } = align(columns.map(bridge));
      chart.setData([time, ...cells]);
    },
    point(timeS) {
      const left = chart.valToPos(timeS, "x");
      chart.setCursor({ left: Math.min(chart.over.clientWidth, Math.max(0, left)), top: 0 });
    },
    dispose() {
      observer.disconnect();
      chart.destroy();
    },
  };
}
