import type { SpectrumDto, SpectrumKind } from "../../edge-agent/src/core/analysis-dto.ts";
import { found, problem, type Responder } from "./scripted-answer.ts";
import { alarmOf, cast, machineId, sensorId, spectrogram } from "./scripted-plant.ts";

const STEP_HZ = 1.25;
const LINES = 480;
const SHAFT_HZ = 24.75;
const UNITS: Readonly<Record<SpectrumKind, string>> = {
  velocity: "mm/s",
  acceleration: "m/s2",
  envelope: "1",
};

const MARKS = [
  { name: "1x", hz: SHAFT_HZ, harmonic: 1 },
  { name: "2x", hz: 2 * SHAFT_HZ, harmonic: 1 },
  ...([1, 2, 3] as const).flatMap((harmonic) => [
    { name: "BPFO" as const, hz: 88.3 * harmonic, harmonic },
    { name: "BPFI" as const, hz: 134.2 * harmonic, harmonic },
  ]),
  { name: "BSF", hz: 116.5, harmonic: 1 },
  { name: "FTF", hz: 9.8, harmonic: 1 },
] as const satisfies SpectrumDto["marks"];

/** A floor with a line at the shaft's turn and, for a fault, the outer ring's with its harmonics. */
export function spectrum(sensor: string, kind: SpectrumKind, ms: number, fault: number): SpectrumDto {
  const at = (hz: number, line: number): number => Math.exp(-(((line * STEP_HZ - hz) / 1.6) ** 2));
  const level = Array.from({ length: LINES }, (_, line) => {
    const floor = 0.02 + 0.01 * Math.abs(Math.sin(line * 12.9898));
    const race = [1, 2, 3].reduce((sum, n) => sum + at(88.3 * n, line) / n, 0);
    return floor + 0.12 * at(SHAFT_HZ, line) + fault * 0.6 * race;
  });
  return {
    sensor,
    kind,
    unit: UNITS[kind],
    time: new Date(ms).toISOString(),
    stepHz: STEP_HZ,
    level,
    ...(kind === "acceleration" && { baseline: level.map((_, line) => 0.03 + 0.1 * at(SHAFT_HZ, line)) }),
    shaftHz: SHAFT_HZ,
    marks: MARKS,
    ...(kind === "envelope" && { bandHz: [2_000, 4_000] }),
  };
}

/** What explains a machine: spectra, similar alarms, maintenance. */
export const answerAnalysis: Responder = ({ method, path: [kind, id = "", what], url, body, ms }) => {
  const spectrumKind = (url.searchParams.get("kind") ?? "velocity") as SpectrumKind;
  if (what === "spectrum") {
    const member = cast.find((each) => sensorId(each) === id || `alarm-${each.asset}` === id);
    if (member === undefined) return problem(404, "there is no such sensor");
    return found(spectrum(sensorId(member), spectrumKind, ms, member.anomaly));
  }
  if (kind === "sensors" && what === "spectrogram" && url.searchParams.get("against") === "baseline") {
    const member = cast.find((each) => sensorId(each) === id);
    if (member === undefined || member.state === "learning") return problem(409, "nothing is learnt yet");
    return found({ ...spectrogram(id, ms, member.anomaly), against: "baseline" });
  }
  if (kind === "alarms" && what === "similar") {
    const past = { ...alarmOf(cast[0], ms - 40 * 86_400_000), id: "past-1", state: "normal" };
    return found([
      { alarm: past, likeness: 0.93, label: "real" },
      { alarm: { ...past, id: "past-2", machine: machineId(cast[1]) }, likeness: 0.61 },
    ]);
  }
  if (kind === "machines" && what === "maintenance") {
    if (id !== machineId(cast[0])) return found({ entries: [] });
    const entry = (number: string, days: number, finding: string) => ({
      time: new Date(ms - days * 86_400_000).toISOString(),
      number,
      finding,
      by: "Zhang Min",
      fromTime: new Date(ms - (days + 1) * 86_400_000).toISOString(),
      toTime: new Date(ms - days * 86_400_000).toISOString(),
    });
    const entries = [entry("WO-4711", 38, "fault"), entry("WO-3902", 210, "no-fault")];
    return found({ last: entries[0], entries });
  }
  if (kind === "work-orders" && method === "POST") {
    return found({ labelled: (JSON.parse(body) as { finding: string }).finding === "fault" ? 3 : 0 });
  }
  return undefined;
};
