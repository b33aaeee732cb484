import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ScorePair } from "../../edge-agent/src/ports/scorer.ts";
import { type Bench, type Figures, median, quantile, type Report } from "./harness.ts";
import { type NumberedFrames, type Segment, startNumberedFrames } from "./swap/numbered-frames.ts";
import { type Swapper, startSwapper } from "./swap/swapper.ts";
import { theilSen } from "./swap/theil-sen.ts";

const SWAPS = 20;
const FRAMES_A_SWAP = 500;
const MOST_FRAMES_PER_S = 100;
/** Of what the machine could score: busy, but not behind. */
const LOAD = 0.4;
const BURST = 300;
/** Into a segment, when the swap begins. */
const SWAP_AFTER_MS = 1000;

const TRIAL_FRAMES = 600;
const TRIAL_LOAD = 0.2;

const SLOPE_SWAPS = 200;
const SLOPE_SETTLE = 40;

/** Frames a second when all come at once. */
async function fastest(frames: NumberedFrames): Promise<number> {
  await frames.play(BURST, Number.POSITIVE_INFINITY);
  const start = performance.now();
  await frames.play(BURST, Number.POSITIVE_INFINITY);
  return (1000 * BURST) / (performance.now() - start);
}

/** Segments with a swap and without one take turns, so that both meet the same disturbances of the machine. */
async function swapUnderLoad(
  swapper: Swapper,
  frames: NumberedFrames,
  perSecond: number,
  report: Report,
): Promise<Figures> {
  const during: number[] = [];
  const steady: number[] = [];
  const swapMs: number[] = [];
  for (let i = 1; i <= SWAPS; i += 1) {
    steady.push(...(await frames.play(FRAMES_A_SWAP, perSecond)).latenciesMs);
    const playing = frames.play(FRAMES_A_SWAP, perSecond);
    await delay(SWAP_AFTER_MS);
    const start = performance.now();
    await swapper.swap();
    swapMs.push(performance.now() - start);
    during.push(...(await playing).latenciesMs);
    if (i % 5 === 0) {
      const [p99, p99Steady] = [quantile(during, 0.99), quantile(steady, 0.99)];
      report(`${i} swaps: p99 ${p99.toFixed(1)} ms, without a swap ${p99Steady.toFixed(1)} ms`);
    }
  }
  return {
    frames: during.length,
    ...frames.wrong(),
    p99Ratio: quantile(during, 0.99) / quantile(steady, 0.99),
    p99Ms: quantile(during, 0.99),
    steadyP99Ms: quantile(steady, 0.99),
    worstMs: Math.max(...during),
    steadyWorstMs: Math.max(...steady),
    swapMs: median(swapMs),
  };
}

/** A model beside its own copy: what shadowing costs the champion's frames, and whether the comparison is fair. */
async function shadowItself(swapper: Swapper, frames: NumberedFrames, perSecond: number): Promise<Figures> {
  const alone = await frames.play(TRIAL_FRAMES, perSecond);
  swapper.models.setChallenger(await swapper.next(), { kind: "shadow", share: 1, trial: "bench" });
  const beside = await frames.play(TRIAL_FRAMES, perSecond);
  const pairs = await pairsOf(beside);
  await swapper.models.dropChallenger();
  const biasOf = (first: ScorePair["first"]) =>
    percent(median(logRatios(pairs.filter((pair) => pair.first === first))));
  return {
    pairs: pairs.length,
    latencyBiasPercent: percent(median(logRatios(pairs))),
    biasChampionFirstPercent: biasOf("champion"),
    biasChallengerFirstPercent: biasOf("challenger"),
    shadowP50DelayMs: median(beside.latenciesMs) - median(alone.latenciesMs),
    shadowP99DelayMs: quantile(beside.latenciesMs, 0.99) - quantile(alone.latenciesMs, 0.99),
  };
}

async function pairsOf(segment: Segment): Promise<ScorePair[]> {
  const pairs: ScorePair[] = [];
  for (const { windows } of segment.heard) {
    const pair = await windows[0]?.score.pair;
    if (pair !== undefined) pairs.push(pair);
  }
  return pairs;
}

const logRatios = (pairs: readonly ScorePair[]): number[] =>
  pairs.flatMap(({ champion, challenger }) =>
    "failure" in challenger ? [] : [Math.log(challenger.ms / champion.ms)],
  );

const percent = (logRatio: number): number => 100 * (Math.exp(logRatio) - 1);

/** Memory after each of many swaps; the first ones fill the allocators' pools. */
async function memorySlope(swapper: Swapper, frames: NumberedFrames, report: Report): Promise<Figures> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const kib: number[] = [];
  for (let i = 1; i <= SLOPE_SETTLE + SLOPE_SWAPS; i += 1) {
    await swapper.swap();
    await frames.play(4, 200);
    collect();
    if (i > SLOPE_SETTLE) kib.push(process.memoryUsage.rss() / 1024);
    if (i % 40 === 0) report(`${i} swaps: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(1)} MiB`);
  }
  const { perStep, low, high } = theilSen(kib);
  return {
    rssSlopeKiBPerSwap: perStep,
    rssSlopeLowKiB: low,
    rssSlopeHighKiB: high,
    rssMiB: median(kib) / 1024,
  };
}

export const swap: Bench = {
  name: "swap",
  explains:
    "10,000 numbered frames through inference while the model is swapped 20 times (load, golden vectors, switch, drain), " +
    "against as many without a swap in the same minutes; a model that shadows its own copy; memory over 200 more swaps",
  async run(report) {
    const swapper = await startSwapper();
    const frames = startNumberedFrames(swapper.models);
    const most = await fastest(frames);
    const perSecond = Math.min(MOST_FRAMES_PER_S, LOAD * most);
    report(`${most.toFixed(0)} frames a second at most; ${perSecond.toFixed(0)} a second under load`);
    const swapped = await swapUnderLoad(swapper, frames, perSecond, report);
    const shadowed = await shadowItself(swapper, frames, TRIAL_LOAD * most);
    const slope = await memorySlope(swapper, frames, report);
    const wrong = frames.wrong();
    await frames.close();
    await swapper.close();
    return { framesPerS: perSecond, ...swapped, ...wrong, ...shadowed, ...slope };
  },
};
