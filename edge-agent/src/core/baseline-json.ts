import { packFloats, unpackFloats } from "./base64.ts";
import type { Baseline } from "./baseline.ts";
import { EdgeError } from "./errors.ts";
import type { Band, LearningBand, LearntBand } from "./speed-band.ts";

/** Raised when older text cannot be read as this any more. */
const VERSION = 1;

/** A baseline as JSON text: typed arrays in base64. */
export function serialiseBaseline(baseline: Baseline): string {
  const { sensor, preparedBy, heard } = baseline;
  // "model" as before: the text of earlier agents is read too.
  return JSON.stringify({
    version: VERSION,
    sensor,
    model: preparedBy,
    heard,
    bands: baseline.bands.map(packBand),
  });
}

function packBand(band: Band): object {
  if (band.kind === "learning") {
    return {
      ...band,
      frameSum: packFloats(band.frameSum),
      spectra: band.spectra.map((group) => group.map(packFloats)),
    };
  }
  return {
    ...band,
    healthyFrame: packFloats(band.healthyFrame),
    spectrum: { mean: packFloats(band.spectrum.mean), precision: packFloats(band.spectrum.precision) },
  };
}

/** The inverse of {@link serialiseBaseline}.
 *  @throws EdgeError DATA_INVALID naming what is wrong, and where */
export function parseBaseline(json: string): Baseline {
  const root = recordAt(parse(json), "");
  if (root["version"] !== VERSION) {
    fail("version", `is ${JSON.stringify(root["version"])}, this agent reads version ${VERSION}`);
  }
  return {
    sensor: textAt(root["sensor"], "sensor"),
    preparedBy: textAt(root["model"], "model"),
    heard: countAt(root["heard"], "heard"),
    bands: listAt(root["bands"], "bands").map((band, i) => bandAt(band, `bands[${i}]`)),
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw invalid("is no JSON", cause);
  }
}

function bandAt(value: unknown, path: string): Band {
  const band = recordAt(value, path);
  switch (band["kind"]) {
    case "learning":
      return learningAt(band, path);
    case "learnt":
      return learntAt(band, path);
    default:
      return fail(`${path}.kind`, 'is neither "learning" nor "learnt"');
  }
}

function learningAt(band: Fields, path: string): LearningBand {
  const spectra = listAt(band["spectra"], `${path}.spectra`).map((group, i) =>
    listAt(group, `${path}.spectra[${i}]`).map((one, k) => floatsAt(one, 4, `${path}.spectra[${i}][${k}]`)),
  );
  const rms = listAt(band["rms"], `${path}.rms`).map((value, i) => positiveAt(value, `${path}.rms[${i}]`));
  if (rms.length !== spectra.length || rms.length === 0) fail(`${path}.rms`, "has not one value a window");
  const length = spectra[0]?.[0]?.length ?? 0;
  if (spectra.some((group) => group.length === 0 || group.some((one) => one.length !== length))) {
    fail(`${path}.spectra`, "have not one length");
  }
  return {
    kind: "learning",
    shaftHz: speedAt(band["shaftHz"], `${path}.shaftHz`),
    frameSum: floatsAt(band["frameSum"], 8, `${path}.frameSum`),
    spectra,
    rms,
  };
}

function learntAt(band: Fields, path: string): LearntBand {
  const spectrum = recordAt(band["spectrum"], `${path}.spectrum`);
  const mean = floatsAt(spectrum["mean"], 8, `${path}.spectrum.mean`);
  const precision = floatsAt(spectrum["precision"], 8, `${path}.spectrum.precision`);
  if (precision.length !== mean.length ** 2) fail(`${path}.spectrum.precision`, "does not fit the mean");
  return {
    kind: "learnt",
    shaftHz: speedAt(band["shaftHz"], `${path}.shaftHz`),
    windows: countAt(band["windows"], `${path}.windows`),
    healthyFrame: floatsAt(band["healthyFrame"], 4, `${path}.healthyFrame`),
    spectrum: { mean, precision },
    spectrumLimit: positiveAt(band["spectrumLimit"], `${path}.spectrumLimit`),
    rms: positiveAt(band["rms"], `${path}.rms`),
    rmsLimit: positiveAt(band["rmsLimit"], `${path}.rmsLimit`),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function recordAt(value: unknown, path: string): Fields {
  return isRecord(value) ? value : fail(path, "is no object");
}

function listAt(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(path, "is no list");
}

function textAt(value: unknown, path: string): string {
  return typeof value === "string" && value !== "" ? value : fail(path, "is no text");
}

function countAt(value: unknown, path: string): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : fail(path, "is no count");
}

function speedAt(value: unknown, path: string): number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value)
    ? value
    : fail(path, "is no speed in Hz");
}

function positiveAt(value: unknown, path: string): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value)
    ? value
    : fail(path, "is no positive number");
}

function floatsAt<T extends 4 | 8>(value: unknown, width: T, path: string) {
  const values = typeof value === "string" ? unpackFloats(value, width) : undefined;
  return values !== undefined && values.length > 0 ? values : fail(path, "holds no finite numbers in base64");
}

function fail(path: string, what: string): never {
  throw invalid(`${path || "the whole"} ${what}`);
}

const invalid = (what: string, cause?: unknown): EdgeError =>
  new EdgeError(
    "DATA_INVALID",
    `the stored baseline cannot be used: ${what}; forget it, and it is learnt again`,
    {
      cause,
    },
  );
