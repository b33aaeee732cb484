import { autoLayout } from "../../edge-agent/src/core/layout/auto-layout.ts";
import { type ExpandedLayout, expandLayout } from "../../edge-agent/src/core/layout/expand.ts";
import type { PlantLayout } from "../../edge-agent/src/core/layout/plant-layout.ts";
import { syntheticLayout } from "../../edge-agent/src/core/layout/synthetic-layout.ts";
import { machines } from "./machines.ts";
import { createRandom } from "./random.ts";
import { startRegisterServer } from "./register-server.ts";
import { createWanders, type Wander } from "./wander.ts";

export interface LargePlantOptions {
  /** With those of the six machines. */
  readonly points: number;
  readonly site: string;
  readonly seed?: number;
}

/** A factory around the six machines: real Modbus controllers on loopback, and what an agent needs to read them. */
export interface LargePlant {
  /** Of the agent's configuration. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly devices: readonly object[];
  /** To be written beside the configuration. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  close(): Promise<void>;
}

const POINTS_PER_CONTROLLER = 25_000;
const SCAN_MS = 1000;
/** When a compressor trips, seconds after the start, and how the others of its area follow. */
const TRIP_AT_S = 90;
const FOLLOWERS = 30;
const FLOOD_S = 60;
const MOST_RAW = 20_000;
/** Of the range: what a transmitter's last digit does without a change of the process. */
const DEADBAND = 0.002;

interface LargePoint {
  readonly asset: string;
  readonly name: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  /** Value = raw x scale + low. */
  readonly scale: number;
  readonly area: number;
  readonly template: string;
}

export async function startLargePlant({ points, site, seed = 1 }: LargePlantOptions): Promise<LargePlant> {
  const six = layoutOfSix(site);
  const around = expandLayout(syntheticLayout({ points: points - expandLayout(six).pointCount, seed, site }));
  const list = pointsOf(around, site);
  const wanders = createWanders(list, seed);
  const server = await startRegisterServer(Math.ceil(list.length / POINTS_PER_CONTROLLER));
  const started = performance.now();
  planTrip(list, wanders, seed);

  function show(): void {
    const seconds = (performance.now() - started) / 1000;
    for (let p = 0; p < list.length; p += 1) {
      const { low = 0, scale = 1 } = list[p] ?? {};
      const raw = Math.round(((wanders[p]?.at(seconds) ?? 0) - low) / scale);
      const unit = server.units[Math.floor(p / POINTS_PER_CONTROLLER)];
      if (unit !== undefined) unit[p % POINTS_PER_CONTROLLER] = Math.max(0, Math.min(32_767, raw));
    }
  }
  show();
  const timer = setInterval(show, SCAN_MS);
  const layout = sideBySide(six, around.layout);
  return {
    settings: { layout: { file: "plant.json" } },
    devices: server.units.map((_, u) => ({
      name: `plc-${u + 1}`,
      protocol: "modbus-tcp",
      connection: { host: "127.0.0.1", port: server.port, unit: u + 1, jobsInFlight: 8 },
      groups: [{ name: "points", periodMs: SCAN_MS, tagTable: tableName(u) }],
    })),
    files: [
      { name: "plant.json", text: JSON.stringify(layout) },
      ...server.units.map((_, u) => {
        const from = u * POINTS_PER_CONTROLLER;
        const rows = list.slice(from, from + POINTS_PER_CONTROLLER);
        return { name: tableName(u), text: tableOf(rows, wanders.slice(from, from + POINTS_PER_CONTROLLER)) };
      }),
    ],
    close() {
      clearInterval(timer);
      return server.close();
    },
  };
}

const tableName = (unit: number): string => `points-${unit + 1}.csv`;

function tableOf(points: readonly LargePoint[], wanders: readonly Wander[]): string {
  const rows = points.map(({ asset, name, unit, low, high, scale }, i) => {
    const limits = wanders[i]?.limits;
    const band = Number(((high - low) * DEADBAND).toPrecision(2));
    return [asset, name, `hr:${i}`, unit, scale, low, band, limits?.low, limits?.high, limits && 2 * band];
  });
  const header = [
    "asset",
    "name",
    "address",
    "unit",
    "scale",
    "offset",
    "deadband",
    "low",
    "high",
    "hysteresis",
  ];
  // Nothing in it needs quotes: names are letters, digits and dashes.
  return `${[header, ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}

function pointsOf(
  { layout, assetOf, firstPoint, kindOf, areaOf }: ExpandedLayout,
  site: string,
): LargePoint[] {
  const templates = new Map(layout.templates.map((template) => [template.id, template]));
  return Array.from(assetOf, (a, p) => {
    const { id = "", template = "" } = layout.assets[a] ?? {};
    const kind = layout.kinds[kindOf[p] ?? 0];
    const { unit = "1", low = 0, high = 100 } = kind ?? {};
    return {
      asset: id.slice(site.length + 1),
      name: templates.get(template)?.points[p - (firstPoint[a] ?? 0)]?.name ?? "",
      unit,
      low,
      high,
      scale: Number(((high - low) / MOST_RAW).toPrecision(3)),
      area: areaOf[a] ?? 0,
      template,
    };
  });
}

/** The story: a compressor trips, and what hangs on its air follows within a minute. */
function planTrip(points: readonly LargePoint[], wanders: readonly Wander[], seed: number): void {
  const first = points.findIndex(({ template }) => template === "compressor");
  const tripped = points[first];
  if (tripped === undefined) return;
  const random = createRandom(seed + 1);
  const followers: number[] = [];
  for (const [p, { asset, area, unit }] of points.entries()) {
    if (asset === tripped.asset) {
      // What turned stands still; only the winding's temperatures stay for a while.
      if (unit !== "Cel") wanders[p]?.runAway(TRIP_AT_S, 2, true);
    } else if (area === tripped.area && wanders[p]?.limits !== undefined && followers.length < FOLLOWERS * 4)
      followers.push(p);
  }
  const chosen = followers.filter((_, i) => i % 4 === 0);
  for (const p of chosen)
    wanders[p]?.runAway(TRIP_AT_S + 3 + FLOOD_S * random.uniform(), 5, points[p]?.unit === "kPa");
}

function layoutOfSix(site: string): PlantLayout {
  const tag = (asset: string, name: string, unit: string) => {
    const [area = "", line = "", cell = "", last = ""] = asset.split("/");
    return { id: `${site}/${asset}/${name}`, name, unit, path: { site, area, line, cell, asset: last } };
  };
  return autoLayout({
    site,
    machines: machines.map(({ asset, name }) => ({ id: `${site}/${asset}`, name })),
    tags: machines.flatMap(({ asset }) => [
      tag(asset, "temperature", "Cel"),
      tag(asset, "current", "A"),
      tag(asset, "speed", "/min"),
    ]),
    waveforms: machines.map(({ asset }) => tag(asset, "vibration", "m/s2")),
  });
}

const GAP = 6;

/** The six machines in front, the factory behind them. */
function sideBySide(six: PlantLayout, around: PlantLayout): PlantLayout {
  const back = around.areas.reduce((most, { maxZ }) => Math.max(most, maxZ), 0) + GAP;
  const renamed = (id: string) => `listened-to-${id}`;
  return {
    ...around,
    kinds: [...around.kinds, ...six.kinds.filter(({ id }) => !around.kinds.some((kind) => kind.id === id))],
    areas: [
      ...six.areas.map((area) => ({ ...area, minZ: area.minZ + back, maxZ: area.maxZ + back })),
      // The factory has a press shop of its own.
      ...around.areas,
    ],
    templates: [...six.templates.map((one) => ({ ...one, id: renamed(one.id) })), ...around.templates],
    assets: [
      ...six.assets.map(({ at, template, ...asset }) => ({
        ...asset,
        template: renamed(template),
        at: [at[0], (at[1] ?? 0) + back] as const,
      })),
      ...around.assets,
    ],
  };
}
