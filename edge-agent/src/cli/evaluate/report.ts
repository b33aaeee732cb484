import type { DatasetFigures } from "./judge.ts";

const percent = (share: number): string => (Number.isNaN(share) ? "-" : `${(100 * share).toFixed(1)} %`);

/** The figures as people read them. */
export function renderReport(model: string, datasets: readonly DatasetFigures[]): string {
  const lines = [`Model ${model}; per window unless said otherwise`, ""];
  for (const { dataset, note, methods, lives } of datasets) {
    lines.push(`== ${dataset}${note === "" ? "" : `\n   ${note}`}`);
    if (methods.length > 0) {
      lines.push(
        "   method      detection  false alarms  (95 %)           accuracy  balanced  AUROC  recordings alarmed: fault, healthy",
      );
    }
    for (const one of methods) {
      const interval = one.falseAlarmsInterval.map(percent).join(" .. ");
      lines.push(
        `   ${one.method.padEnd(10)} ${percent(one.detection).padStart(10)} ${percent(one.falseAlarms).padStart(13)}  ${`(${interval})`.padEnd(20)}` +
          `${percent(one.accuracy).padStart(7)} ${percent(one.balancedAccuracy).padStart(9)} ${one.auroc.toFixed(3).padStart(6)}  ${one.faultRecordingsAlarmed}, ${one.healthyRecordingsAlarmed}`,
      );
    }
    for (const life of lives) {
      const parts = Object.entries(life.warningSeconds).map(
        ([method, seconds]) =>
          `${method} ${seconds === null ? "never" : `${seconds} s`} (${percent(life.earlyShare[method] ?? Number.NaN)})`,
      );
      lines.push(
        `   ${life.recording}: first alarm before the end (abnormal windows at 25..50 % of life): ${parts.join(", ")}`,
      );
    }
    lines.push("");
  }
  return `${lines.join("\n")}\n`;
}
