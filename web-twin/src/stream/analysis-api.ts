import type {
  MaintenanceDto,
  SimilarAlarmDto,
  SpectrogramDto,
  SpectrumDto,
  SpectrumKind,
} from "@stethos/edge-agent/core";
import { type Ask, parsed, post } from "./ask.ts";
import { alarm } from "./dto-shapes.ts";
import {
  count,
  kept,
  list,
  Mismatch,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  time,
} from "./shape.ts";
import { spectrogram } from "./spectrogram-shape.ts";

/** What maintenance found, as it is filed. */
export interface WorkOrder {
  readonly number: string;
  readonly machine: string;
  readonly finding: "fault" | "no-fault";
  readonly by: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What explains the state of one machine. */
export interface AnalysisApi {
  /** @param of a sensor: now; an alarm: when it was raised */
  spectrum(
    of: { readonly kind: "alarm" | "sensor"; readonly id: string },
    kind: SpectrumKind,
    signal: AbortSignal,
  ): Promise<SpectrumDto>;
  /** How much each band stands above its level when healthy. */
  spectrogramAgainstBaseline(sensor: string, signal: AbortSignal): Promise<SpectrogramDto>;
  /** Most alike first. */
  similar(alarm: string, signal: AbortSignal): Promise<readonly SimilarAlarmDto[]>;
  maintenance(machine: string, signal: AbortSignal): Promise<MaintenanceDto>;
  /** @returns how many recordings it labelled */
  fileOrder(order: WorkOrder, signal: AbortSignal): Promise<number>;
}

const fields: Shape<SpectrumDto> = object({
  sensor: text,
  kind: oneOf("velocity", "acceleration", "envelope"),
  unit: text,
  time,
  stepHz: number,
  level: list(number),
  baseline: optional(list(number)),
  shaftHz: number,
  marks: list(object({ name: oneOf("1x", "2x", "BPFI", "BPFO", "BSF", "FTF"), hz: number, harmonic: count })),
  bandHz: optional(list(number)),
});

const spectrum: Shape<SpectrumDto> = (value, at, notes) => {
  const found = fields(value, at, notes);
  if (!(found.stepHz > 0)) throw new Mismatch(`${at}.stepHz`, "a number above 0");
  return found;
};

const similar: Shape<readonly SimilarAlarmDto[]> = kept(
  object({ alarm, likeness: number, label: optional(oneOf("real", "false", "not-sure")) }),
);

const entry = object({
  time,
  number: text,
  finding: oneOf("fault", "no-fault"),
  by: text,
  fromTime: time,
  toTime: time,
});
const maintenance: Shape<MaintenanceDto> = object({ last: optional(entry), entries: kept(entry) });
const filed = object({ labelled: count });

export function createAnalysisApi(ask: Ask): AnalysisApi {
  const part = encodeURIComponent;
  return {
    spectrum: ({ kind: of, id }, kind, signal) =>
      ask(`v1/${of}s/${part(id)}/spectrum?kind=${kind}`, {}, parsed(spectrum), signal),
    spectrogramAgainstBaseline: (sensor, signal) =>
      ask(`v1/sensors/${part(sensor)}/spectrogram?against=baseline`, {}, parsed(spectrogram), signal),
    similar: (id, signal) => ask(`v1/alarms/${part(id)}/similar?most=5`, {}, parsed(similar), signal),
    maintenance: (machine, signal) =>
      ask(`v1/machines/${part(machine)}/maintenance`, {}, parsed(maintenance), signal),
    async fileOrder({ fromMs, toMs, ...order }, signal) {
      const body = {
        ...order,
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
      };
      const { labelled } = await ask("v1/work-orders", post(body), parsed(filed), signal);
      return labelled;
    },
  };
}
