import { existsSync } from "node:fs";
import { type Dataset, readDatasets, readSamples } from "../../../edge-agent/src/cli/evaluate/recordings.ts";
import { type DriftPolicy, defaultDriftPolicy } from "../../../edge-agent/src/core/drift/drift-policy.ts";
import type { Observation, Observer } from "../../../edge-agent/src/core/drift/observation.ts";
import { createResampler } from "../../../edge-agent/src/core/resample.ts";
import { type Figures, median, type Report } from "../harness.ts";
import { healthyFrameOf, type Listener } from "./listener.ts";
import { RATE_HZ } from "./machine.ts";
import { runChanged } from "./runs.ts";
import { copyOf } from "./sounds.ts";

const SAMPLES = 8192;
/** Recordings of ten seconds: the smallest settings, and windows that overlap by three quarters. Far too little for a run
 *  length; enough to see whether a change is seen. */
const policy: DriftPolicy = { ...defaultDriftPolicy, leastGapMs: 1, referenceWindows: 24, blockWindows: 4 };
const HOP = SAMPLES / 4;
const BASELINE_WINDOWS = 12;

interface RealDeps {
  readonly listener: Listener;
  readonly observer: Observer;
  readonly report: Report;
}

type Recording = Dataset["recordings"][number];

/** Figures of the recordings that exist; none where there are none. */
export async function judgeRecordings(folder: string, deps: RealDeps): Promise<Figures> {
  if (!existsSync(folder)) {
    deps.report(`no recordings at ${folder}: only simulated machines are judged\n`);
    return {};
  }
  const datasets = await readDatasets(folder);
  const named = (name: string) => datasets.find((dataset) => dataset.folder.endsWith(name));
  const [cwru, uestc, femto] = [named("cwru"), named("uestc"), named("femto")];
  return {
    ...(cwru && (await otherLoads(cwru, deps))),
    ...(uestc && (await sameCondition(uestc, deps))),
    ...(femto && (await runsToFailure(femto, deps))),
  };
}

/** The same bearing at load 0, then at 1 and 2 hp (CWRU): the speed changes by 3 % at most. */
async function otherLoads(dataset: Dataset, deps: RealDeps): Promise<Figures> {
  const found = [];
  for (const first of dataset.recordings.filter(({ id }) => /^12k.*_0$/.test(id))) {
    for (const load of [1, 2]) {
      const other = dataset.recordings.find(({ id }) => id === first.id.replace(/_0$/, `_${load}`));
      if (other !== undefined) found.push(await oneAfterTheOther(dataset, first, other, deps));
    }
  }
  return told("real.load", "CWRU, another load", found, deps.report);
}

/** The same rig, speed and healthy bearing, recorded again (UESTC): what is told here is told in vain. */
async function sameCondition(dataset: Dataset, deps: RealDeps): Promise<Figures> {
  const found = [];
  for (const first of dataset.recordings.filter(({ id }) => /^N_.*_1$/.test(id))) {
    const again = dataset.recordings.find(({ id }) => id === first.id.replace(/_1$/, "_3"));
    if (again !== undefined) found.push(await oneAfterTheOther(dataset, first, again, deps));
  }
  return told("real.again", "UESTC, healthy, recorded again", found, deps.report);
}

function told(
  name: string,
  title: string,
  found: readonly Awaited<ReturnType<typeof runChanged>>[],
  report: Report,
) {
  const delays = found.map(({ confirmedAfter }) => confirmedAfter ?? Number.POSITIVE_INFINITY);
  const confirmed = found.filter((one) => one.confirmedAfter !== undefined).length;
  const warned = found.filter((one) => one.warnedAfter !== undefined).length;
  report(
    `${title}: warned ${warned} of ${found.length}, confirmed ${confirmed}, after ${median(delays)} windows\n`,
  );
  return { [`${name}Warned`]: warned / found.length, [`${name}Confirmed`]: confirmed / found.length };
}

async function oneAfterTheOther(dataset: Dataset, first: Recording, other: Recording, deps: RealDeps) {
  const before = cut(await atModelRate(dataset, first), HOP);
  const after = cut(await atModelRate(dataset, other), HOP);
  const hear = await commission(before.slice(0, BASELINE_WINDOWS), (first.rpm ?? 0) / 60, deps);
  const reference = await hear(before.slice(BASELINE_WINDOWS));
  return runChanged(reference.values(), (await hear(after)).values(), policy, 0);
}

/** Bearings run to their end (FEMTO): snapshots of 0.1 s, seven of which make a window, a new one after three. */
async function runsToFailure(dataset: Dataset, deps: RealDeps): Promise<Figures> {
  const shares: number[] = [];
  const runs = dataset.recordings.filter((one) => one.snapshots !== undefined && one.samplesPerSnapshot);
  for (const recording of runs) {
    const samples = await atModelRate(dataset, recording);
    const hop = Math.round((3 * (recording.samplesPerSnapshot ?? 0) * RATE_HZ) / recording.sampleRateHz);
    const windows = cut(samples, hop);
    const hear = await commission(windows.slice(0, BASELINE_WINDOWS), (recording.rpm ?? 0) / 60, deps);
    const heard = await hear(windows.slice(BASELINE_WINDOWS));
    const life = heard.slice(policy.referenceWindows);
    const { confirmedAfter } = runChanged(heard.values(), life.values(), policy, 0, life.length);
    const used = windows.length - life.length;
    const share = confirmedAfter === undefined ? undefined : (used + confirmedAfter) / windows.length;
    deps.report(
      `FEMTO ${recording.id}: reference up to ${Math.round((100 * used) / windows.length)} % of life, ` +
        `${share === undefined ? "drift not confirmed" : `drift confirmed at ${Math.round(100 * share)} %`}\n`,
    );
    if (share !== undefined) shares.push(share);
  }
  return {
    "real.femtoConfirmed": shares.length / runs.length,
    ...(shares.length > 0 && { "real.femtoConfirmedAtLife": median(shares) }),
  };
}

/** The agent's way: a baseline of the first windows, then everything against it. */
async function commission(
  sounds: readonly Float32Array[],
  shaftHz: number,
  { listener, observer }: RealDeps,
) {
  const healthyFrame = await healthyFrameOf(listener, sounds, shaftHz);
  return async (windows: readonly Float32Array[]): Promise<Observation[]> => {
    const seen: Observation[] = [];
    for (const window of windows) {
      const sound = await listener.hear(window, shaftHz, healthyFrame);
      seen.push(copyOf(observer.observe(sound, sound.features)));
    }
    return seen;
  };
}

async function atModelRate(dataset: Dataset, recording: Recording): Promise<Float32Array> {
  const samples = await readSamples(dataset, recording);
  const resampler = createResampler(recording.sampleRateHz, RATE_HZ);
  const out = new Float32Array(resampler.outputLength(samples.length));
  resampler.run(samples, out);
  return out;
}

function cut(samples: Float32Array, hop: number): Float32Array[] {
  const count = Math.max(0, Math.floor((samples.length - SAMPLES) / hop) + 1);
  return Array.from({ length: count }, (_, i) => samples.slice(i * hop, i * hop + SAMPLES));
}
