import { join } from "node:path";
import { type DriftPolicy, defaultDriftPolicy } from "../../edge-agent/src/core/drift/drift-policy.ts";
import { createObserver } from "../../edge-agent/src/core/drift/observation.ts";
import { openListener } from "./drift/listener.ts";
import { type Change, changes } from "./drift/machine.ts";
import { judgeRecordings } from "./drift/recordings.ts";
import { type Detection, type HealthyRun, runChanged, runHealthy } from "./drift/runs.ts";
import { listenTo, type MachineSounds, resample } from "./drift/sounds.ts";
import { type Bench, type Figures, median, type Report } from "./harness.ts";

const recordings = process.env["STETHOS_DATA"] ?? join(import.meta.dirname, "../../../shared/data");

const MACHINES = 8;
/** The machines that the thresholds' rules were tried on had the seeds 1 to 12. */
const FIRST_SEED = 101;
const HEALTHY_WINDOWS = 500;
const CHANGED_WINDOWS = 60;
/** Neighbours that stay together when days are made of the windows. */
const RUN = 20;
const REFERENCES = 12;
const DAYS = 12;
const HOURS_A_DAY = 24;
/** Stands for "never" in a median of delays. */
const NEVER = 1e6;

const plant: DriftPolicy = { ...defaultDriftPolicy, leastGapMs: 1 };
const small: DriftPolicy = { ...plant, referenceWindows: 30, blockWindows: 5 };
/** With rarer warnings nobody lives to see three in a row. */
const eager: DriftPolicy = { ...plant, expectedRunBlocks: 20 };

export const drift: Bench = {
  name: "drift",
  explains:
    "The drift watch on embeddings of the shipped model. Healthy: simulated machines whose load goes up and down, days made of " +
    "their windows by moving blocks; arlRatio is blocks per warning over those wanted (arlRatioSteady: no memory from window " +
    "to window; arlRatioSmall: 30 windows of reference; confirmedRatio: blocks per three in a row over those that 1 in 20 " +
    "promises). Changed: delayWindows.<kind> to the first warning, confirmedWindows.<kind> to the third, medians; " +
    "missed.<kind>: share not confirmed in 12 blocks (small...: with 30 windows of reference). usPerWindow: without the " +
    "projection, with a fit of the reference in 3744 windows. real.<kind>: recordings, where they exist",
  async run(report) {
    const listener = await openListener();
    const observer = createObserver(0);
    const sounds: MachineSounds[] = [];
    for (let i = 0; i < MACHINES; i += 1) {
      report(`listening to machine ${i + 1} of ${MACHINES}\n`);
      sounds.push(await listenTo(listener, observer, FIRST_SEED + i, HEALTHY_WINDOWS, CHANGED_WINDOWS));
    }
    const real = await judgeRecordings(recordings, { listener, observer, report });
    await listener.close();
    return { ...healthyFigures(sounds, report), ...changeFigures(sounds, report), ...real };
  },
};

function healthyFigures(sounds: readonly MachineSounds[], report: Report): Figures {
  const started = performance.now();
  const usual = runAll(sounds, plant, RUN);
  const usPerWindow = (1e3 * (performance.now() - started)) / (usual.blocks * plant.blockWindows);
  const steady = runAll(sounds, plant, 1);
  const short = runAll(sounds, small, RUN);
  const often = runAll(sounds, eager, RUN);
  report("healthy                      blocks  warnings  blocks/warning  wanted  confirmed\n");
  for (const [name, run, policy] of [
    ["days of an hour's blocks", usual, plant],
    ["the same, no memory", steady, plant],
    ["30 windows, blocks of 5", short, small],
    ["a warning in 20 blocks", often, eager],
  ] as const) {
    report(
      `${name.padEnd(26)} ${String(run.blocks).padStart(8)} ${String(run.warnings).padStart(9)} ` +
        `${(run.blocks / run.warnings).toFixed(0).padStart(15)} ${String(policy.expectedRunBlocks).padStart(7)} ${String(run.confirmed).padStart(10)}\n`,
    );
  }
  return {
    arlRatio: ratioOf(usual, plant),
    arlRatioSteady: ratioOf(steady, plant),
    arlRatioSmall: ratioOf(short, small),
    confirmedRatio: often.blocks / Math.max(1, often.confirmed) / expectedConfirmedRun(eager),
    usPerWindow,
  };
}

const ratioOf = (run: HealthyRun, policy: DriftPolicy): number =>
  run.blocks / Math.max(1, run.warnings) / policy.expectedRunBlocks;

/** Blocks to the first run of `warningsInARow`, when each warns by itself (W. Feller, "An Introduction to Probability Theory
 *  and Its Applications" I, XIII.7). */
function expectedConfirmedRun({ expectedRunBlocks, warningsInARow }: DriftPolicy): number {
  const p = 1 / expectedRunBlocks;
  return (1 - p ** warningsInARow) / ((1 - p) * p ** warningsInARow);
}

function runAll(sounds: readonly MachineSounds[], policy: DriftPolicy, run: number): HealthyRun {
  const total = { blocks: 0, warnings: 0, confirmed: 0 };
  sounds.forEach(({ heard }, machine) => {
    for (let i = 0; i < REFERENCES; i += 1) {
      const windows = resample(heard.healthy, run, 1000 * machine + i);
      const { blocks, warnings, confirmed } = runHealthy(windows, DAYS * HOURS_A_DAY, policy);
      total.blocks += blocks;
      total.warnings += warnings;
      total.confirmed += confirmed;
    }
  });
  return total;
}

function changeFigures(sounds: readonly MachineSounds[], report: Report): Figures {
  const figures: Record<string, number> = {};
  report("change      settings  windows to the warning  to the third  missed\n");
  for (const change of changes) {
    const [usual, short] = [detections(sounds, change, plant), detections(sounds, change, small)];
    for (const [name, found] of [
      ["plant", usual],
      ["small", short],
    ] as const) {
      report(
        `${change.padEnd(11)} ${name.padEnd(8)} ${String(delayOf(found, "warnedAfter")).padStart(23)} ` +
          `${String(delayOf(found, "confirmedAfter")).padStart(13)} ${`${(100 * missedOf(found)).toFixed(1)} %`.padStart(7)}\n`,
      );
    }
    figures[`delayWindows.${change}`] = delayOf(usual, "warnedAfter");
    figures[`confirmedWindows.${change}`] = delayOf(usual, "confirmedAfter");
    figures[`missed.${change}`] = missedOf(usual);
    figures[`smallConfirmedWindows.${change}`] = delayOf(short, "confirmedAfter");
    figures[`smallMissed.${change}`] = missedOf(short);
  }
  return figures;
}

function detections(
  sounds: readonly MachineSounds[],
  change: Exclude<Change, "healthy">,
  policy: DriftPolicy,
): Detection[] {
  return sounds.flatMap(({ heard }, machine) =>
    Array.from({ length: REFERENCES }, (_, i) =>
      runChanged(
        resample(heard.healthy, RUN, 5000 + 1000 * machine + i),
        resample(heard[change], RUN, 7000 + 1000 * machine + i),
        policy,
        // The change comes anywhere in a block.
        policy.blockWindows + i,
      ),
    ),
  );
}

const delayOf = (found: readonly Detection[], moment: keyof Detection): number =>
  median(found.map((one) => one[moment] ?? NEVER));

const missedOf = (found: readonly Detection[]): number =>
  found.filter((one) => one.confirmedAfter === undefined).length / found.length;
