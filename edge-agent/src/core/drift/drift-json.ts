import { packFloats, unpackFloats } from "../base64.ts";
import { EdgeError } from "../errors.ts";
import type { DriftPolicy } from "./drift-policy.ts";
import type { DriftLayer, DriftState } from "./drift-types.ts";
import type { LayerReference } from "./layer-reference.ts";
import type { LayerState } from "./layer-state.ts";
import { layers } from "./observation.ts";
import type { Regime } from "./regime.ts";
import type { SensorDrift } from "./sensor-drift.ts";

/** Raised when older text cannot be read as this any more, or its numbers mean something else: what is observed, the seed. */
const VERSION = 1;

/** All sensors as JSON text: typed arrays in base64. What depends on the policy goes with it: references and blocks of
 *  another size mean nothing. */
export function serialiseDrift(sensors: Iterable<SensorDrift>, policy: DriftPolicy): string {
  return JSON.stringify({
    version: VERSION,
    policy: fingerprint(policy),
    sensors: [...sensors].map(packSensor),
  });
}

/** The numbers that references were made with. */
const fingerprint = (policy: DriftPolicy): string =>
  [policy.referenceWindows, policy.blockWindows, policy.expectedRunBlocks, policy.wander].join(" ");

const packSensor = (sensor: SensorDrift): object => ({
  ...sensor,
  // JSON knows no infinity.
  takenUs: Number.isFinite(sensor.takenUs) ? sensor.takenUs : null,
  regimes: sensor.regimes.map((regime) => ({
    ...regime,
    worst: regime.worst ?? null,
    layers: Object.fromEntries(layers.map((name) => [name, packLayer(regime.layers[name])])),
  })),
});

function packLayer(layer: LayerState): object {
  if (layer.kind === "learning") {
    // Rows that are not filled yet need no place on the disk.
    const { kind, size, count } = layer;
    return { kind, size, rows: packFloats(layer.rows.subarray(0, count * size)) };
  }
  const { mean, deviation, reach, centre, precision, limit } = layer.reference;
  return {
    kind: layer.kind,
    size: mean.length,
    mean: packFloats(mean),
    deviation: packFloats(deviation),
    reach: packFloats(reach),
    centre: packFloats(centre),
    precision: packFloats(precision),
    limit,
    sum: packFloats(layer.sum),
  };
}

/** The inverse of {@link serialiseDrift}.
 *  @throws EdgeError DATA_INVALID naming what is wrong, and where; also where it was made with another policy */
export function parseDrift(json: string, policy: DriftPolicy): SensorDrift[] {
  const root = recordAt(parse(json), "");
  if (root["version"] !== VERSION) {
    fail("version", `is ${JSON.stringify(root["version"])}, this agent reads version ${VERSION}`);
  }
  if (root["policy"] !== fingerprint(policy)) fail("policy", "is not the one that is configured now");
  return listAt(root["sensors"], "sensors").map((one, i) => sensorAt(one, `sensors[${i}]`, policy));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw invalid("is no JSON", cause);
  }
}

function sensorAt(value: unknown, path: string, policy: DriftPolicy): SensorDrift {
  const sensor = recordAt(value, path);
  const takenUs = sensor["takenUs"];
  return {
    machine: textAt(sensor["machine"], `${path}.machine`),
    sensor: textAt(sensor["sensor"], `${path}.sensor`),
    faults: countAt(sensor["faults"], `${path}.faults`, policy.blockWindows),
    isBlind: flagAt(sensor["isBlind"], `${path}.isBlind`),
    takenUs: takenUs === null ? Number.NEGATIVE_INFINITY : numberAt(takenUs, `${path}.takenUs`),
    sinceUs: numberAt(sensor["sinceUs"], `${path}.sinceUs`),
    kind: kindAt(sensor["kind"], `${path}.kind`),
    regimes: listAt(sensor["regimes"], `${path}.regimes`).map((one, i) =>
      regimeAt(one, `${path}.regimes[${i}]`, policy),
    ),
  };
}

const KINDS: readonly string[] = [
  "blind",
  "confirmed",
  "learning",
  "stable",
  "warning",
] satisfies DriftState["kind"][];

const isKind = (value: unknown): value is DriftState["kind"] =>
  typeof value === "string" && KINDS.includes(value);

const kindAt = (value: unknown, path: string): DriftState["kind"] =>
  isKind(value) ? value : fail(path, "is no state");

function regimeAt(value: unknown, path: string, policy: DriftPolicy): Regime {
  const regime = recordAt(value, path);
  const own = recordAt(regime["layers"], `${path}.layers`);
  const layer = (name: DriftLayer) => layerAt(own[name], `${path}.layers.${name}`, policy);
  return {
    shaftHz: positiveAt(regime["shaftHz"], `${path}.shaftHz`),
    baselineRms: positiveAt(regime["baselineRms"], `${path}.baselineRms`),
    model: textAt(regime["model"], `${path}.model`),
    layers: { input: layer("input"), embedding: layer("embedding"), output: layer("output") },
    inBlock: countAt(regime["inBlock"], `${path}.inBlock`, policy.blockWindows - 1),
    inARow: countAt(regime["inARow"], `${path}.inARow`),
    quiet: countAt(regime["quiet"], `${path}.quiet`),
    isConfirmed: flagAt(regime["isConfirmed"], `${path}.isConfirmed`),
    worst: worstAt(regime["worst"], `${path}.worst`),
    heardUs: numberAt(regime["heardUs"], `${path}.heardUs`),
  };
}

function worstAt(value: unknown, path: string): Regime["worst"] {
  if (value === null) return undefined;
  const worst = recordAt(value, path);
  const layer = layers.find((name) => name === worst["layer"]) ?? fail(`${path}.layer`, "is no layer");
  return { layer, ratio: positiveAt(worst["ratio"], `${path}.ratio`) };
}

function layerAt(value: unknown, path: string, policy: DriftPolicy): LayerState {
  const layer = recordAt(value, path);
  const size = countAt(layer["size"], `${path}.size`);
  if (size === 0) fail(`${path}.size`, "is 0");
  switch (layer["kind"]) {
    case "learning": {
      const filled = textOrEmptyAt(layer["rows"], `${path}.rows`);
      const values = unpackFloats(filled, 4) ?? fail(`${path}.rows`, "holds no finite numbers in base64");
      const rows = new Float32Array(policy.referenceWindows * size);
      if (values.length % size !== 0 || values.length >= rows.length)
        fail(`${path}.rows`, "has no such length");
      rows.set(values);
      return { kind: "learning", size, rows, count: values.length / size };
    }
    case "learnt":
      return { kind: "learnt", ...learntAt(layer, path, size) };
    default:
      return fail(`${path}.kind`, 'is neither "learning" nor "learnt"');
  }
}

function learntAt(
  layer: Fields,
  path: string,
  size: number,
): { readonly reference: LayerReference; readonly sum: Float64Array } {
  const at = (name: string, length = size) => floatsAt(layer[name], length, `${path}.${name}`);
  const limit = positiveAt(layer["limit"], `${path}.limit`);
  const deviation = at("deviation");
  if (limit === 0 || deviation.some((one) => one <= 0)) fail(path, "has a limit or a deviation of nothing");
  return {
    reference: {
      mean: at("mean"),
      deviation,
      reach: at("reach"),
      centre: at("centre"),
      precision: at("precision", size * size),
      limit,
    },
    sum: at("sum"),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const recordAt = (value: unknown, path: string): Fields =>
  isRecord(value) ? value : fail(path, "is no object");

const listAt = (value: unknown, path: string): readonly unknown[] =>
  Array.isArray(value) ? value : fail(path, "is no list");

const textAt = (value: unknown, path: string): string => textOrEmptyAt(value, path) || fail(path, "is empty");

const textOrEmptyAt = (value: unknown, path: string): string =>
  typeof value === "string" ? value : fail(path, "is no text");

const flagAt = (value: unknown, path: string): boolean =>
  typeof value === "boolean" ? value : fail(path, "is neither true nor false");

const countAt = (value: unknown, path: string, most = Number.MAX_SAFE_INTEGER): number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most
    ? Number(value)
    : fail(path, "is no count that can be");

const numberAt = (value: unknown, path: string): number =>
  typeof value === "number" && Number.isFinite(value) ? value : fail(path, "is no number");

const positiveAt = (value: unknown, path: string): number =>
  numberAt(value, path) >= 0 ? Number(value) : fail(path, "is below 0");

function floatsAt(value: unknown, length: number, path: string): Float64Array {
  const values = typeof value === "string" ? unpackFloats(value, 8) : undefined;
  return values?.length === length ? values : fail(path, `holds not ${length} finite numbers in base64`);
}

function fail(path: string, what: string): never {
  throw invalid(`${path || "the whole"} ${what}`);
}

const invalid = (what: string, cause?: unknown): EdgeError =>
  new EdgeError("DATA_INVALID", `the stored drift references cannot be used: ${what}; they are learnt anew`, {
    cause,
  });
