/** UCUM codes (case sensitive) whose printed symbol is another. */
const SYMBOLS: Readonly<Record<string, string>> = {
  "1": "",
  Cel: "°C",
  K: "K",
  "[degF]": "°F",
  "[g]": "g",
  "m/s2": "m/s²",
  "{rpm}": "rpm",
  "/min": "1/min",
  "[psi]": "psi",
  "[in_i]": "in",
  "[in_i]/s": "in/s",
  "[mil_i]": "mil",
  "[ft_i]": "ft",
  "[ft_i]/s": "ft/s",
  "[gal_us]": "gal",
  "[gal_us]/min": "gpm",
  "[HP]": "hp",
  "[lb_av]": "lb",
  "[lb_av]/h": "lb/h",
  "[lbf_av]": "lbf",
  "[lbf_av].[ft_i]": "lbf·ft",
  "N.m": "N·m",
  m3: "m³",
  "m3/h": "m³/h",
  Ohm: "Ω",
  um: "µm",
  us: "µs",
};

/** How a unit is printed. */
export const unitSymbol = (ucum: string): string =>
  (Object.hasOwn(SYMBOLS, ucum) ? SYMBOLS[ucum] : ucum) ?? "";

/** What units the reader wants: as the plant sends them, or turned into one system. */
export const UNIT_SYSTEMS = ["plant", "si", "us"] as const;
export type UnitSystem = (typeof UNIT_SYSTEMS)[number];

/** What was chosen before, else the units that the plant sends. */
export const chooseUnits = (remembered: string | null): UnitSystem =>
  UNIT_SYSTEMS.find((system) => system === remembered) ?? "plant";

export interface Conversion {
  /** UCUM code of the shown unit. */
  readonly unit: string;
  /** shown = value * factor + offset */
  readonly factor: number;
  readonly offset: number;
}

type Row = readonly [si: string, us: string, factor: number, offset?: number];

/** SI <-> US customary: us = si * factor + offset. Factors: NIST SP 811 (2008), appendix B; all of them exact but those
 *  of pressure, power and torque, which have seven digits. */
const PAIRS: readonly Row[] = [
  ["Cel", "[degF]", 1.8, 32],
  ["mm/s", "[in_i]/s", 1 / 25.4],
  ["m/s2", "[g]", 1 / 9.80665],
  ["um", "[mil_i]", 1 / 25.4],
  ["mm", "[in_i]", 1 / 25.4],
  ["m", "[ft_i]", 1 / 0.3048],
  ["m/s", "[ft_i]/s", 1 / 0.3048],
  ["bar", "[psi]", 14.503_77],
  ["m3/h", "[gal_us]/min", 4.402_868],
  ["kW", "[HP]", 1.341_022],
  ["kg", "[lb_av]", 1 / 0.453_592_37],
  ["kg/h", "[lb_av]/h", 1 / 0.453_592_37],
  ["N", "[lbf_av]", 0.224_808_9],
  ["N.m", "[lbf_av].[ft_i]", 0.737_562_1],
];

/** Units that only one side has several of: all of them become that side's first. */
const TO_US: readonly Row[] = [
  ["kPa", "[psi]", 0.145_037_7],
  ["MPa", "[psi]", 145.037_7],
  ["Pa", "[psi]", 0.000_145_037_7],
  ["mbar", "[psi]", 0.014_503_77],
  ["L/min", "[gal_us]/min", 0.264_172_1],
  ["L", "[gal_us]", 0.264_172_1],
  ["m3", "[gal_us]", 264.1721],
];
const TO_SI: readonly Row[] = [["[gal_us]", "L", 3.785_412]];

const forward = ([from, unit, factor, offset = 0]: Row): readonly [string, Conversion] => [
  from,
  { unit, factor, offset },
];
const back = ([unit, from, factor, offset = 0]: Row): readonly [string, Conversion] => [
  from,
  { unit, factor: 1 / factor, offset: -offset / factor },
];

const CONVERSIONS: Readonly<Record<UnitSystem, ReadonlyMap<string, Conversion>>> = {
  plant: new Map(),
  us: new Map([...PAIRS, ...TO_US].map(forward)),
  si: new Map([...PAIRS.map(back), ...TO_SI.map(forward)]),
};

/** How values of a unit are shown; unchanged where the system has nothing for it. */
export const conversionOf = (unit: string, system: UnitSystem): Conversion =>
  CONVERSIONS[system].get(unit) ?? { unit, factor: 1, offset: 0 };

export const convert = (value: number, { factor, offset }: Conversion): number => value * factor + offset;
