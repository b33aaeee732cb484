import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { BPFI_ORDER, BPFO_ORDER } from "../plant/machines.ts";
import { createRandom } from "../plant/random.ts";
import { createVibration } from "../plant/vibration.ts";

/** How the simulated machines of a data set were labelled: as they were, or, for a candidate that ought to fail, with
 *  every machine at full load called faulty. */
export type Labelling = "right" | "wrong";

const MACHINES = 16;
const BASELINE_WINDOWS = 20;
const WINDOW = 8192;
const RATE_HZ = 12_000;
/** Frames close together in time count as nearly the same. */
const HOURS_APART_MS = 2 * 3_600_000;
const FRAME_SHAPE = [2, 32, 128];
/** Any time will do that does not change from run to run. */
const FIRST_TIME_MS = Date.UTC(2026, 0, 5);

interface Condition {
  readonly load: number;
  readonly severity: number;
  readonly windows: number;
}

const conditions: readonly Condition[] = [
  { load: 0, severity: 0, windows: 8 },
  { load: 0.5, severity: 0, windows: 4 },
  { load: 1, severity: 0, windows: 8 },
  { load: 0, severity: 0.5, windows: 6 },
  { load: 1, severity: 0.5, windows: 6 },
];

/** Writes a field data set of machines like those of the simulated plant, but others: what agents that kept and labelled
 *  their frames would have uploaded. The same bytes every time.
 *  @param graph model.int8.onnx of the champion, which makes the healthy frames */
export async function writeFieldData(folder: string, graph: string, labelling: Labelling): Promise<void> {
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  await mkdir(folder, { recursive: true });
  const random = createRandom(77);
  const recordings: object[] = [];
  for (let m = 0; m < MACHINES; m += 1) {
    const shaftHz = 12 + 24 * random.uniform();
    const isInner = m % 2 === 0;
    const vibration = createVibration({
      seed: 500 + m,
      sampleRateHz: RATE_HZ,
      shaftHz,
      faultOrder: isInner ? BPFI_ORDER : BPFO_ORDER,
      isFaultModulated: isInner,
    });
    const baseline = Array.from({ length: BASELINE_WINDOWS }, () => vibration.next(WINDOW, 0));
    const healthyFrame = await save(folder, `healthy-${m}.f32`, await meanFrame(session, baseline, shaftHz));
    for (const { load, severity, windows } of conditions) {
      for (let i = 0; i < windows; i += 1) {
        const id = `m${m}-l${load}-s${severity}-${i}`;
        const file = await save(folder, `${id}.f32`, vibration.next(WINDOW, severity, load));
        const isFault = severity > 0 || (labelling === "wrong" && load === 1);
        const time = new Date(FIRST_TIME_MS + recordings.length * HOURS_APART_MS).toISOString();
        recordings.push({
          id,
          ...file,
          machine: `machine-${m}`,
          time,
          label: isFault ? "fault" : "normal",
          ...(isFault && { faultType: isInner ? "inner-race" : "outer-race" }),
          labelTime: time,
          rpm: shaftHz * 60,
          sampleRateHz: RATE_HZ,
          channels: ["vibration"],
          healthyFrame,
        });
      }
    }
  }
  const manifest = { dataset: "field", site: "demo-plant", node: "sister", batch: labelling, recordings };
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, undefined, 1)}\n`);
}

async function meanFrame(session: InferenceSession, windows: readonly Float32Array[], shaftHz: number) {
  const mean = new Float32Array(FRAME_SHAPE.reduce((product, size) => product * size, 1));
  for (const window of windows) {
    const outputs = await session.run({
      waveform: new Tensor("float32", window, [1, 1, WINDOW]),
      sample_rate_hz: new Tensor("float32", Float32Array.of(RATE_HZ), [1]),
      shaft_hz: new Tensor("float32", Float32Array.of(shaftHz), [1]),
      healthy_frame: new Tensor("float32", new Float32Array(mean.length), [1, ...FRAME_SHAPE]),
    });
    const frame = outputs["frame"]?.data as Float32Array;
    for (let k = 0; k < mean.length; k += 1) mean[k] = (mean[k] ?? 0) + (frame[k] ?? 0) / windows.length;
  }
  return mean;
}

async function save(folder: string, file: string, values: Float32Array) {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  await writeFile(join(folder, file), bytes);
  return { file, sha256: createHash("sha256").update(bytes).digest("hex") };
}
