import type { MachineShape } from "./machine-shape.ts";

/** An asset of a made-up plant: what it is called, its letters in a plant code, its points as "name" by unit. */
export interface SyntheticTemplate {
  readonly id: string;
  readonly shape: MachineShape;
  readonly name: string;
  /** Equipment key of VGB-B 105 (KKS), e.g. AP pump unit. */
  readonly code: string;
  readonly points: Readonly<Record<string, string>>;
}

const motor = {
  A: "motor-current-l1 motor-current-l2 motor-current-l3",
  V: "motor-voltage-l1 motor-voltage-l2 motor-voltage-l3",
  kW: "motor-power",
  "/min": "speed",
  "mm/s": "motor-vibration-de motor-vibration-nde motor-vibration-axial",
  Cel: "motor-winding-u motor-winding-v motor-winding-w motor-bearing-de motor-bearing-nde",
  "%": "motor-load",
  h: "running-hours",
} as const;

/** Motor and what it drives together. */
function driven(more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const all: Record<string, string> = { ...motor };
  for (const [unit, names] of Object.entries(more))
    all[unit] = all[unit] === undefined ? names : `${all[unit]} ${names}`;
  return all;
}

const numbered = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${name}-${String(i + 1).padStart(2, "0")}`).join(" ");

export const SYNTHETIC_TEMPLATES: readonly SyntheticTemplate[] = [
  {
    id: "pump-skid",
    shape: "pump",
    name: "Pump",
    code: "AP",
    points: driven({
      "mm/s": "pump-vibration-de pump-vibration-nde pump-vibration-axial",
      Cel: "pump-bearing-de pump-bearing-nde seal-temperature casing-temperature suction-temperature oil-temperature",
      kPa: `suction-pressure discharge-pressure seal-pressure oil-pressure strainer-difference ${numbered("casing-pressure", 4)}`,
      "m3/h": "flow seal-flow recirculation-flow",
      m: "oil-level seal-pot-level",
      "%": "suction-valve discharge-valve recirculation-valve efficiency",
      "1": "starts trips",
    }),
  },
  {
    id: "fan",
    shape: "fan",
    name: "Fan",
    code: "AN",
    points: driven({
      "mm/s": "fan-vibration-de fan-vibration-nde fan-vibration-axial",
      Cel: `fan-bearing-de fan-bearing-nde air-temperature-in air-temperature-out ${numbered("duct-temperature", 6)}`,
      kPa: `inlet-pressure outlet-pressure filter-difference ${numbered("duct-pressure", 6)}`,
      "m3/h": "flow bypass-flow",
      "%": "damper-in damper-out vane-position",
      "1": "starts trips",
    }),
  },
  {
    id: "compressor",
    shape: "compressor",
    name: "Compressor",
    code: "AN",
    points: driven({
      "mm/s": `stage-vibration-1x stage-vibration-1y ${numbered("airend-vibration", 4)}`,
      Cel: `${numbered("stage-temperature", 6)} oil-temperature oil-temperature-out cooler-in cooler-out dewpoint`,
      kPa: `intake-pressure ${numbered("stage-pressure", 4)} oil-pressure filter-difference separator-difference network-pressure`,
      "m3/h": "flow cooling-water",
      m: "oil-level",
      "%": "intake-valve blow-off-valve load-share",
      "1": "starts load-cycles",
    }),
  },
  {
    id: "tank",
    shape: "tank",
    name: "Tank",
    code: "BB",
    points: {
      m: "level-1 level-2 interface-level",
      Cel: numbered("temperature", 14),
      kPa: `${numbered("head-pressure", 4)} nozzle-pressure`,
      "m3/h": "inflow outflow circulation",
      "%": `inlet-valve outlet-valve drain-valve vent-valve ${numbered("gas", 6)}`,
      "1": `ph conductivity turbidity ${numbered("switch", 4)}`,
    },
  },
  {
    id: "conveyor",
    shape: "conveyor",
    name: "Conveyor",
    code: "AF",
    points: driven({
      Cel: numbered("idler-temperature", 14),
      "mm/s": "drum-vibration-head drum-vibration-tail",
      "t/h": "throughput",
      "%": `belt-tension belt-slip ${numbered("chute-level", 4)}`,
      "1": `parts rejects ${numbered("photocell", 6)}`,
    }),
  },
  {
    id: "press",
    shape: "press",
    name: "Press",
    code: "AE",
    points: driven({
      kPa: `${numbered("cylinder-pressure", 8)} pilot-pressure pump-pressure`,
      Cel: `${numbered("die-temperature", 10)} oil-temperature`,
      "mm/s": "frame-vibration-1 frame-vibration-2",
      mm: "ram-position cushion-position",
      "%": `${numbered("valve", 6)} oil-level`,
      "1": "strokes rejects",
    }),
  },
  {
    id: "cabinet",
    shape: "cabinet",
    name: "Switch cabinet",
    code: "GH",
    points: {
      A: numbered("feeder-current", 16),
      V: "bus-voltage-l1 bus-voltage-l2 bus-voltage-l3",
      kW: numbered("feeder-power", 16),
      Hz: "frequency",
      Cel: numbered("busbar-temperature", 6),
      "%": "power-factor humidity battery",
      "1": numbered("breaker", 7),
    },
  },
  {
    id: "heat-exchanger",
    shape: "exchanger",
    name: "Heat exchanger",
    code: "AC",
    points: {
      Cel: `hot-in hot-out cold-in cold-out ${numbered("shell-temperature", 12)}`,
      kPa: `hot-in-pressure hot-out-pressure cold-in-pressure cold-out-pressure ${numbered("tube-difference", 4)}`,
      "m3/h": "hot-flow cold-flow",
      "%": "hot-valve cold-valve bypass-valve fouling",
      kW: "duty",
      m: "condensate-level",
      "1": numbered("trap", 6),
    },
  },
];

/** Names of areas, and the letters of a system that runs through each (KKS function keys). */
export const SYNTHETIC_AREAS: readonly {
  readonly id: string;
  readonly name: string;
  readonly code: string;
}[] = [
  { id: "boiler-house", name: "Boiler house", code: "HAD" },
  { id: "turbine-hall", name: "Turbine hall", code: "MAA" },
  { id: "feedwater", name: "Feedwater", code: "LAC" },
  { id: "cooling-water", name: "Cooling water", code: "PAC" },
  { id: "water-treatment", name: "Water treatment", code: "GCF" },
  { id: "compressed-air", name: "Compressed air", code: "QEA" },
  { id: "forming", name: "Forming shop", code: "EBA" },
  { id: "body-shop", name: "Body shop", code: "EBB" },
  { id: "paint-shop", name: "Paint shop", code: "EBC" },
  { id: "assembly", name: "Assembly", code: "EBD" },
  { id: "mixing", name: "Mixing", code: "EBE" },
  { id: "extrusion", name: "Extrusion", code: "EBF" },
  { id: "packaging", name: "Packaging", code: "EBG" },
  { id: "tank-farm", name: "Tank farm", code: "EGB" },
  { id: "cold-store", name: "Cold store", code: "QKA" },
  { id: "effluent", name: "Effluent", code: "GMA" },
  { id: "flue-gas", name: "Flue gas", code: "HTA" },
  { id: "substation", name: "Substation", code: "AHA" },
  { id: "workshop", name: "Workshop", code: "STA" },
  { id: "warehouse", name: "Warehouse", code: "EAA" },
];
