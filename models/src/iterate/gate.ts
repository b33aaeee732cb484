import type { Report } from "./report.ts";

/** How much worse than the current version a candidate may be, at most. */
export interface Limits {
  /** Accuracy on the labelled set, in points of a hundred. */
  readonly goldenLossPoints: number;
  /** Of each data set of recordings, in points of a hundred. */
  readonly detectionLossPoints: number;
  readonly falseAlarmRisePoints: number;
  /** Graph and head, in per cent of the same network in FP32. */
  readonly sizePercent: number;
  /** p50 of one window, in per cent above the current one's. Nothing to judge where the graph is the same file. */
  readonly latencyRisePercent: number;
}

export const defaultLimits: Limits = {
  // One window of 84 is 1.2 points: two may go wrong only where one goes right.
  goldenLossPoints: 2,
  detectionLossPoints: 1,
  falseAlarmRisePoints: 1,
  sizePercent: 32,
  latencyRisePercent: 10,
};

interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly measured: string;
  readonly limit: string;
}

export interface Verdict {
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

/** Whether a candidate may be signed. What could not be measured on the candidate, but was on the current one, fails. */
export function decide(report: Report, limits: Limits): Verdict {
  const checks = [
    sameness("preprocessing", report.samePreprocessing, "baselines learnt in the field stay valid"),
    sameness("classes", report.sameClasses, "labels mean what they meant"),
    golden(report, limits),
    ...Object.entries(report.recordings).flatMap(([name, rows]) => recordings(name, rows, limits)),
    size(report, limits),
    latency(report, limits),
  ];
  return { passed: checks.every((check) => check.passed), checks };
}

const sameness = (name: string, passed: boolean, limit: string): Check => ({
  name,
  passed,
  measured: passed ? "the same" : "another",
  limit: `the same, so that ${limit}`,
});

function golden({ golden: { windows, candidate, current } }: Report, { goldenLossPoints }: Limits): Check {
  return {
    name: "golden accuracy",
    passed: lossPoints(current.accuracy, candidate.accuracy) <= goldenLossPoints + ROUNDING,
    measured: `${percent(current.accuracy)} -> ${percent(candidate.accuracy)} of ${windows} windows`,
    limit: `at most ${goldenLossPoints} points less`,
  };
}

function recordings(
  name: string,
  { candidate, current }: Report["recordings"][string],
  limits: Limits,
): readonly Check[] {
  const row = (
    what: "detection" | "falseAlarms",
    loss: (before: number, after: number) => number,
    most: number,
    limit: string,
  ): readonly Check[] => {
    const [before, after] = [current[what], candidate[what]];
    if (before === null) return [];
    return [
      {
        name: `${name} ${what === "detection" ? "detection" : "false alarms"}`,
        passed: after !== null && loss(before, after) <= most + ROUNDING,
        measured: `${percent(before)} -> ${after === null ? "nothing" : percent(after)}`,
        limit,
      },
    ];
  };
  const { detectionLossPoints, falseAlarmRisePoints } = limits;
  const rise = (before: number, after: number) => lossPoints(after, before);
  return [
    ...row("detection", lossPoints, detectionLossPoints, `at most ${detectionLossPoints} points less`),
    ...row("falseAlarms", rise, falseAlarmRisePoints, `at most ${falseAlarmRisePoints} points more`),
  ];
}

function size({ size: { int8Bytes, fp32Bytes } }: Report, { sizePercent }: Limits): Check {
  const ratio = int8Bytes / fp32Bytes;
  return {
    name: "size",
    passed: 100 * ratio <= sizePercent + ROUNDING,
    measured: `${percent(ratio)} of FP32`,
    limit: `at most ${sizePercent} %`,
  };
}

function latency({ latency: measured }: Report, { latencyRisePercent }: Limits): Check {
  const { sameGraph, currentP50Ms, candidateP50Ms, ratio } = measured;
  const times = `${currentP50Ms} -> ${candidateP50Ms} ms`;
  return {
    name: "latency",
    // The same sums in the same order: a difference between the two says something of the machine alone.
    passed: sameGraph || 100 * (ratio - 1) <= latencyRisePercent + ROUNDING,
    measured: sameGraph ? `${times}, one and the same graph` : `${times}, ${ratio.toFixed(2)} times`,
    limit: `at most ${latencyRisePercent} % more`,
  };
}

// Of binary fractions, in points: 0.95 - 0.93 is 0.02 and a little.
const ROUNDING = 1e-9;

const lossPoints = (before: number, after: number): number => 100 * (before - after);

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
