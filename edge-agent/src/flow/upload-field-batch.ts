import type { Label } from "../core/label.ts";
import { rfc3339 } from "../core/time.ts";
import type { FieldFrame } from "../ports/field-store.ts";

/** sha256, hex. */
export type Sha256 = (bytes: Uint8Array | string) => string;

export interface Origin {
  readonly site: string;
  readonly node: string;
}

/** One recording of a data set, in the words that `models/pipeline` reads. */
export interface FieldRecording {
  readonly id: string;
  /** Machines and sensors go by pseudonyms: the same one always has the same, and no name leaves the plant. */
  readonly machine: string;
  readonly sensor: string;
  readonly file: string;
  readonly samples: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly sampleRateHz: number;
  readonly channels: readonly string[];
  readonly units: readonly string[];
  /** 0 where unknown. */
  readonly rpm: number;
  /** "normal": somebody says that nothing was wrong; "fault": that something was; "unknown": nobody does. */
  readonly label: "fault" | "normal" | "unknown";
  /** For somebody to fill in who knows. */
  readonly faultType: string | null;
  readonly labelTime: string | null;
  readonly labelSource: Label["source"] | null;
  readonly kind: FieldFrame["kind"];
  /** End of the window, RFC 3339. */
  readonly time: string;
  readonly model: string;
  /** 1 - P(healthy). */
  readonly probability: number;
  readonly challengerProbability: number | null;
  readonly healthyFrame: {
    readonly file: string;
    readonly samples: number;
    readonly bytes: number;
    readonly sha256: string;
  } | null;
}

export interface FieldDataSet {
  readonly formatVersion: 1;
  readonly dataset: "field";
  readonly site: string;
  readonly node: string;
  readonly batch: string;
  readonly encoding: { readonly byteOrder: "little-endian"; readonly sampleType: "float32" };
  readonly recordings: readonly FieldRecording[];
}

export interface BatchFile {
  readonly name: string;
  readonly body: Uint8Array;
}

export type LabelledFrame = FieldFrame & { readonly label?: Label };

/** The same name for the same thing, from which the thing cannot be read. */
export const pseudonym = (origin: Origin, name: string, sha256: Sha256): string =>
  sha256(`${origin.site}\n${origin.node}\n${name}`).slice(0, 16);

/** A frame as it goes into a data set: its entry, and its files. */
export function recordingOf(
  frame: LabelledFrame,
  origin: Origin,
  sha256: Sha256,
): { readonly recording: FieldRecording; readonly files: readonly BatchFile[] } {
  const { label, healthyFrame } = frame;
  const id = pseudonym(origin, frame.id, sha256);
  const samples = fileOf(`${id}.bin`, frame.samples, sha256);
  // Many windows are compared with the same healthy frame: it goes once.
  const healthy = healthyFrame && fileOf(undefined, healthyFrame, sha256);
  const recording: FieldRecording = {
    id,
    machine: pseudonym(origin, frame.machine, sha256),
    sensor: pseudonym(origin, frame.sensor, sha256),
    ...samples.entry,
    sampleRateHz: frame.sampleRateHz,
    channels: ["vibration"],
    units: [frame.unit],
    rpm: frame.shaftHz * 60,
    label: labelWord(label),
    faultType: null,
    labelTime: label ? rfc3339(label.timeUs) : null,
    labelSource: label?.source ?? null,
    kind: frame.kind,
    time: rfc3339(frame.timeUs),
    model: frame.model,
    probability: frame.probability,
    challengerProbability: frame.challengerProbability ?? null,
    healthyFrame: healthy?.entry ?? null,
  };
  return { recording, files: [samples, ...(healthy ? [healthy] : [])] };
}

export const manifestOf = (
  origin: Origin,
  batch: string,
  recordings: readonly FieldRecording[],
): Uint8Array => {
  const set: FieldDataSet = {
    formatVersion: 1,
    dataset: "field",
    site: origin.site,
    node: origin.node,
    batch,
    encoding: { byteOrder: "little-endian", sampleType: "float32" },
    recordings,
  };
  return new TextEncoder().encode(`${JSON.stringify(set, undefined, 1)}\n`);
};

function labelWord(label: Label | undefined): FieldRecording["label"] {
  if (label?.verdict === "real") return "fault";
  return label?.verdict === "false" ? "normal" : "unknown";
}

/** @param name absent: named after its content */
function fileOf(name: string | undefined, values: Float32Array, sha256: Sha256) {
  const body = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const digest = sha256(body);
  const file = name ?? `healthy-${digest.slice(0, 16)}.bin`;
  const entry = { file, samples: values.length, bytes: body.length, sha256: digest };
  return { name: file, body, entry };
}
