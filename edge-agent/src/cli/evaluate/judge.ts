import { defaultBaselinePolicy } from "../../core/baseline.ts";
import type { Score } from "../../core/score.ts";
import type { ModelContract } from "../../ports/scorer.ts";
import type { Ear, Piece } from "./ear.ts";
import { type Dataset, type Recording, readSamples } from "./recordings.ts";
import { auroc, wilson } from "./statistics.ts";

/** A way to raise an alarm, judged on the same windows as the others. */
interface Method {
  readonly name: string;
  /** The larger, the more abnormal; undefined where the method has nothing to go by. */
  value(score: Score): number | undefined;
  isAbnormal(score: Score): boolean;
}

// ISO 20816-3 leaves the limit to machine group and mounting; this one stands between its zones B and C for
// medium machines on rigid supports (also the usual "4.5 mm/s" of the retired ISO 10816-3).
const ISO_LIMIT_MM_S = 4.5;

const methods: readonly Method[] = [
  { name: "stethos", value: (score) => score.anomaly, isAbnormal: (score) => score.anomaly > 0.5 },
  {
    name: "network",
    value: (score) => 1 - (score.probabilities?.[0] ?? 1),
    isAbnormal: (score) => score.votes?.network === true,
  },
  {
    name: "spectrum",
    value: (score) => score.spectrumRatio,
    isAbnormal: (score) => score.votes?.spectrum === true,
  },
  { name: "rms", value: (score) => score.rmsRatio, isAbnormal: (score) => score.votes?.rms === true },
  {
    name: "iso20816",
    value: (score) => score.features?.velocityRms,
    isAbnormal: (score) => (score.features?.velocityRms ?? 0) > ISO_LIMIT_MM_S,
  },
];

export interface MethodFigures {
  readonly method: string;
  readonly faultWindows: number;
  readonly healthyWindows: number;
  readonly detection: number;
  readonly falseAlarms: number;
  /** 95 % interval, as if windows were independent. */
  readonly falseAlarmsInterval: readonly [number, number];
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly auroc: number;
  /** Recordings with three abnormal windows in a row. */
  readonly faultRecordingsAlarmed: string;
  readonly healthyRecordingsAlarmed: string;
}

export interface LifeFigures {
  readonly recording: string;
  /** For each method: seconds before the end at which three windows in a row were abnormal; null: never. */
  readonly warningSeconds: Readonly<Record<string, number | null>>;
  /** Share of abnormal windows between 25 and 50 % of life. */
  readonly earlyShare: Readonly<Record<string, number>>;
}

export interface DatasetFigures {
  readonly dataset: string;
  readonly note: string;
  readonly methods: readonly MethodFigures[];
  readonly lives: readonly LifeFigures[];
}

interface Heard {
  readonly recording: string;
  readonly isFault: boolean;
  readonly scores: readonly Score[];
}

export interface JudgeDeps {
  readonly contract: ModelContract;
  createEar(sensor: string): Ear;
  progress(text: string): void;
}

const ABNORMAL_IN_A_ROW = 3;
const LEARNING_SHARE = 0.6;

/** Judges one dataset, split by recording: no window of a recording that taught is ever tested, except where a machine
 *  has a single healthy recording, which is then cut in two and said so. */
export async function judgeDataset(dataset: Dataset, deps: JudgeDeps): Promise<DatasetFigures> {
  if (!dataset.isWaveform) return empty(dataset, "no waveforms: not judged");
  const vibration = dataset.recordings.filter((one) => one.sampleRateHz >= 1000);
  const lives = vibration.filter((one) => one.label === "run-to-failure" && one.snapshots != null);
  const normals = vibration.filter((one) => one.label === "normal");
  if (normals.length === 0 && lives.length === 0)
    return empty(dataset, "no healthy recording: nothing to learn from, not judged");
  const heard =
    normals.length === 0 ? { windows: [], note: "" } : await judgeMachines(dataset, vibration, deps);
  return {
    dataset: dataset.name,
    note: heard.note,
    methods: heard.windows.length === 0 ? [] : methods.flatMap((method) => figuresOf(method, heard.windows)),
    lives: await Promise.all(lives.map((one) => judgeLife(dataset, one, deps))),
  };
}

const empty = (dataset: Dataset, note: string): DatasetFigures => ({
  dataset: dataset.name,
  note,
  methods: [],
  lives: [],
});

async function judgeMachines(dataset: Dataset, recordings: readonly Recording[], deps: JudgeDeps) {
  const windows: Heard[] = [];
  const notes = new Set<string>();
  for (const [machine, own] of Map.groupBy(recordings, (one) => one.machine)) {
    const ear = deps.createEar(`${dataset.name}/${machine}`);
    const bySpeed = Map.groupBy(
      own.filter((one) => one.label === "normal"),
      (one) => Math.round(one.rpm ?? 0),
    );
    for (const [, [first, ...others]] of bySpeed) {
      if (first === undefined) continue;
      deps.progress(`${dataset.name}: learning from ${first.id}`);
      const samples = await readSamples(dataset, first);
      const cut = others.length > 0 ? samples.length : Math.floor(samples.length * LEARNING_SHARE);
      await ear.learn(spread(first, samples.subarray(0, cut), deps.contract));
      if (others.length === 0) {
        notes.add(
          `${first.id} is the only healthy recording at its speed: its first ${LEARNING_SHARE * 100} % taught, the rest was tested`,
        );
        const scores = await ear.judge(
          pieces(first, samples.subarray(cut), deps.contract, deps.contract.hopSamples),
        );
        windows.push({ recording: first.id, isFault: false, scores });
      }
    }
    const taught = new Set([...bySpeed.values()].map(([first]) => first?.id));
    for (const recording of own.filter(
      (one) => !taught.has(one.id) && (one.label === "normal" || one.label === "fault"),
    )) {
      deps.progress(`${dataset.name}: judging ${recording.id}`);
      const samples = await readSamples(dataset, recording);
      const scores = await ear.judge(pieces(recording, samples, deps.contract, deps.contract.hopSamples));
      windows.push({ recording: recording.id, isFault: recording.label === "fault", scores });
    }
  }
  const silent = windows.flatMap(({ scores }) => scores).filter((score) => score.state !== "scored").length;
  if (silent > 0)
    notes.add(
      `${silent} windows were not scored (no baseline at their speed, or the sensor not valid); they count as not alarmed`,
    );
  return { windows, note: [...notes].join("; ") };
}

/** Windows of the model's length, `hop` model samples apart. */
function pieces(recording: Recording, samples: Float32Array, contract: ModelContract, hop: number): Piece[] {
  const ratio = recording.sampleRateHz / contract.sampleRateHz;
  // A sample to spare for the rounding of the rate conversion.
  const length = Math.ceil(contract.windowSamples * ratio) + 1;
  const step = Math.max(1, Math.floor(hop * ratio));
  const found: Piece[] = [];
  for (let start = 0; start + length <= samples.length + 1; start += step) {
    found.push({ samples: samples.subarray(start, start + length), ...factsOf(recording) });
  }
  return found;
}

/** As many windows as a baseline takes, spread over the samples; they overlap where there is too little. */
function spread(recording: Recording, samples: Float32Array, contract: ModelContract): Piece[] {
  const ratio = recording.sampleRateHz / contract.sampleRateHz;
  const hop = Math.floor(
    (samples.length / ratio - contract.windowSamples - 2) / (defaultBaselinePolicy.windows - 1),
  );
  return pieces(recording, samples, contract, Math.max(1, Math.min(contract.windowSamples, hop)));
}

const GRAVITY = 9.80665;

function factsOf(recording: Recording): Omit<Piece, "samples"> {
  const isGravity = /^g\b/.test(recording.units?.[0] ?? "");
  return {
    sampleRateHz: recording.sampleRateHz,
    shaftHz: (recording.rpm ?? 0) / 60,
    ...(isGravity && { toMetresPerSecondSquared: GRAVITY }),
  };
}

function figuresOf(method: Method, heard: readonly Heard[]): MethodFigures[] {
  const split = (isFault: boolean) => heard.filter((one) => one.isFault === isFault);
  const scoresOf = (list: readonly Heard[]) => list.flatMap((one) => one.scores);
  const faulty = scoresOf(split(true));
  const healthy = scoresOf(split(false));
  // A method that has nothing to go by on this data is left out, not given a zero.
  if ([...faulty, ...healthy].every((score) => method.value(score) === undefined)) return [];
  const hits = faulty.filter(method.isAbnormal).length;
  const falseAlarms = healthy.filter(method.isAbnormal).length;
  const values = (list: readonly Score[]) => list.map((score) => method.value(score) ?? 0);
  const alarmed = (list: readonly Heard[]) =>
    `${list.filter((one) => firstRun(one.scores.map(method.isAbnormal)) !== undefined).length}/${list.length}`;
  return [
    {
      method: method.name,
      faultWindows: faulty.length,
      healthyWindows: healthy.length,
      detection: hits / faulty.length,
      falseAlarms: falseAlarms / healthy.length,
      falseAlarmsInterval: wilson(falseAlarms, healthy.length),
      accuracy: (hits + healthy.length - falseAlarms) / (faulty.length + healthy.length),
      balancedAccuracy: (hits / faulty.length + 1 - falseAlarms / healthy.length) / 2,
      auroc: auroc(values(healthy), values(faulty)),
      faultRecordingsAlarmed: alarmed(split(true)),
      healthyRecordingsAlarmed: alarmed(split(false)),
    },
  ];
}

/** Index at which the third abnormal window in a row stands. */
function firstRun(abnormal: readonly boolean[]): number | undefined {
  let run = 0;
  for (const [i, is] of abnormal.entries()) {
    run = is ? run + 1 : 0;
    if (run >= ABNORMAL_IN_A_ROW) return i;
  }
  return undefined;
}

/** A bearing run to its end: learns between 5 and 25 % of its life, then listens. */
async function judgeLife(dataset: Dataset, recording: Recording, deps: JudgeDeps): Promise<LifeFigures> {
  deps.progress(`${dataset.name}: following ${recording.id} to its end`);
  const samples = await readSamples(dataset, recording);
  const perSnapshot = recording.samplesPerSnapshot ?? 1;
  const length =
    Math.ceil((deps.contract.windowSamples * recording.sampleRateHz) / deps.contract.sampleRateHz) + 1;
  const perPiece = Math.ceil(length / perSnapshot);
  const snapshots = recording.snapshots ?? [];
  const windows = Array.from({ length: Math.floor(snapshots.length / perPiece) }, (_, i) => ({
    piece: {
      samples: samples.subarray(i * perPiece * perSnapshot, i * perPiece * perSnapshot + length),
      ...factsOf(recording),
    },
    at: snapshots[(i + 1) * perPiece - 1] ?? { secondsSinceStart: 0, secondsToEnd: 0 },
  }));
  const life = (snapshots.at(-1)?.secondsSinceStart ?? 0) || 1;
  const share = (window: (typeof windows)[number]) => window.at.secondsSinceStart / life;
  const ear = deps.createEar(`${dataset.name}/${recording.id}`);
  const teaching = windows.filter((window) => share(window) >= 0.05 && share(window) <= 0.25);
  await ear.learn(
    padded(
      teaching.map((window) => window.piece),
      defaultBaselinePolicy.windows,
    ),
  );
  const rest = windows.filter((window) => share(window) > 0.25);
  const scores = await ear.judge(rest.map((window) => window.piece));
  const early = scores.filter((_, i) => share(rest[i] as (typeof windows)[number]) <= 0.5);
  const warning = (method: Method) => {
    const at = firstRun(scores.map(method.isAbnormal));
    return at === undefined ? null : (rest[at]?.at.secondsToEnd ?? null);
  };
  return {
    recording: recording.id,
    warningSeconds: Object.fromEntries(methods.map((method) => [method.name, warning(method)])),
    earlyShare: Object.fromEntries(
      methods.map((method) => [
        method.name,
        early.filter(method.isAbnormal).length / Math.max(1, early.length),
      ]),
    ),
  };
}

/** Too few pieces are heard again (thinned runs): better a narrow baseline than none, and the report says how many. */
function padded(pieces: readonly Piece[], wanted: number): Piece[] {
  return Array.from(
    { length: pieces.length === 0 ? 0 : Math.max(wanted, pieces.length) },
    (_, i) => pieces[i % pieces.length] as Piece,
  );
}
