import uPlot from "uplot";
import type { TrendColumns } from "../state/trend-buffer.ts";

const INK = "#aab4be";
const GRID = { stroke: "#2a323b", width: 1 };
const FONT = "11px system-ui, sans-serif";

export interface ChartOptions {
  readonly minute: (timeS: number) => string;
  readonly value: (value: number) => string;
  /** Fixed ends of the scale, where the value has any. */
  readonly range?: readonly [number, number];
  /** A dashed line across. */
  readonly limit?: number;
  readonly describe: (timeS: number, value: number) => string;
  /** What the pointer points at; undefined when it left. */
  readonly pointed: (text: string | undefined) => void;
}

/** One series as a line of means in a band from lowest to highest. */
export interface TrendChart {
  draw(columns: TrendColumns, fromS: number, toS: number): void;
  dispose(): void;
}

function mutable(column: readonly (number | null)[]): (number | null)[] {
  return [...column];
}

/** A flat line needs some room above and below, or it would fill the scale with noise. */
function roomy(_: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.02, 1e-9);
  return [low - room, high + room];
}

export function createTrendChart(host: HTMLElement, options: ChartOptions): TrendChart {
  let window: [number, number] = [0, 1];
  const axis = { stroke: INK, grid: GRID, ticks: GRID, font: FONT };
  const { range, limit } = options;

  const chart = new uPlot(
    {
      width: Math.max(120, host.clientWidth),
      height: Math.max(80, host.clientHeight),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false },
      scales: { x: { range: () => window }, y: { range: range === undefined ? roomy : [...range] } },
      axes: [
        { ...axis, values: (_, splits) => splits.map(options.minute), space: 64, size: 26 },
        { ...axis, values: (_, splits) => splits.map(options.value), size: 52 },
      ],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: "#7fc1ff", width: 1.5, points: { show: false } },
        { stroke: "#ff8a80", width: 1, dash: [5, 4], points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: "rgba(127, 193, 255, 0.22)" }],
      hooks: {
        setCursor: [
          (self) => {
            const time = self.data[0][self.cursor.idx ?? -1];
            const value = self.data[3]?.[self.cursor.idx ?? -1];
            const isPoint = time !== undefined && value !== undefined && value !== null;
            options.pointed(isPoint ? options.describe(time, value) : undefined);
          },
        ],
      },
    },
    [[], [], [], [], []],
    host,
  );
  const observer = new ResizeObserver(() => {
    chart.setSize({ width: Math.max(120, host.clientWidth), height: Math.max(80, host.clientHeight) });
  });
  observer.observe(host);

  return {
    draw({ time, min, max, mean }, fromS, toS) {
      window = [fromS, toS];
      // The limit runs across the whole window, also where there is no value yet.
      const times = limit === undefined ? [...time] : [fromS, ...time, toS];
      const padded = (column: readonly (number | null)[]): (number | null)[] =>
        limit === undefined ? mutable(column) : [null, ...column, null];
      chart.setData([times, padded(min), padded(max), padded(mean), times.map(() => limit ?? null)]);
    },
    dispose() {
      observer.disconnect();
      chart.destroy();
    },
  };
}
