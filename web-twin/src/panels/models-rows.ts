import type {
  AuditEntryDto,
  DisagreementDto,
  DriftStateDto,
  FrameDto,
  ModelSummaryDto,
  ModelsDto,
} from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import { auditDetail, auditText, endedText, short } from "../i18n/model-words.ts";
import type { Translate } from "../i18n/translate.ts";
import type { PlantState } from "../state/plant-state.ts";
import type { TrialCommand } from "../stream/api.ts";

interface Words {
  readonly t: Translate;
  readonly format: Format;
  readonly nowMs: number;
}

export const modelTitle = ({ name, version }: Pick<ModelSummaryDto, "name" | "version">): string =>
  `${name} ${version}`;

/** Models come from nowhere and none is tried: the champion is all there is to tell. */
export const isAlone = ({ trial, registry }: ModelsDto): boolean =>
  trial === undefined && registry.name === "";

/** What can be commanded from where things stand; nothing where models come from nowhere. */
export function commandsFor(models: ModelsDto): readonly TrialCommand[] {
  const { trial } = models;
  if (trial === undefined) return isAlone(models) ? [] : ["start"];
  return [trial.paused === undefined ? "pause" : "resume", "promote", "abort"];
}

export interface DriftRow {
  readonly key: string;
  readonly machine: string;
  readonly machineName: string;
  readonly sensorName: string;
  readonly kind: DriftStateDto["kind"];
  readonly state: string;
  readonly detail: string;
  /** 0..1 of the bar; absent where nothing was measured. */
  readonly share?: number;
}

/** Twice its limit is as far as the bar goes. */
const DRIFT_SPAN = 2;
/** Where the limit stands on a bar of drift. */
export const DRIFT_LIMIT = 1 / DRIFT_SPAN;

/** Worst first, as the agent sorts them. */
export function driftRows(plant: PlantState, { t, format }: Words): readonly DriftRow[] {
  const { drift } = plant.models ?? {};
  if (drift === undefined) return [];
  return drift.worst.map((one) => {
    const machine = plant.machines.get(one.machine);
    const { ratio, layer } = one;
    return {
      key: `${one.machine}\n${one.sensor}`,
      machine: one.machine,
      machineName: machine?.name ?? one.machine,
      sensorName: machine?.sensors.find(({ id }) => id === one.sensor)?.name ?? one.sensor,
      kind: one.kind,
      state: t(`driftKind.${one.kind}`, {
        n: one.warnings,
        needed: drift.needed,
        percent: format.percent(one.progress),
      }),
      detail:
        ratio === undefined || layer === undefined
          ? ""
          : t("driftRatio", { ratio: short(ratio, format), layer: t(`driftLayer.${layer}`) }),
      ...(ratio === undefined ? {} : { share: Math.min(1, Math.max(0, ratio / DRIFT_SPAN)) }),
    };
  });
}

export interface HistoryRow {
  readonly key: string;
  readonly kind: string;
  readonly title: string;
  readonly why: string;
  readonly when: string;
}

const whenText = (time: string, { t, format, nowMs }: Words): string =>
  t("alarms.since", {
    time: format.time(Date.parse(time), nowMs),
    age: format.ago(nowMs - Date.parse(time)),
  });

export function outcomeRows({ outcomes }: ModelsDto, words: Words): readonly HistoryRow[] {
  const { t, format } = words;
  return outcomes.map((one) => ({
    key: one.trial,
    kind: one.kind,
    title: `${t(`outcome.${one.kind}`)}: ${modelTitle(one.model)}`,
    why: endedText(one.reason, t, format),
    when: whenText(one.time, words),
  }));
}

/** Who did what, and what was written down with it. */
export function auditRows(entries: readonly AuditEntryDto[], words: Words): readonly HistoryRow[] {
  return entries.map((entry) => ({
    key: String(entry.sequence),
    kind: "audit",
    title: `${entry.by}: ${auditText(entry, words.t)}`,
    why: auditDetail(entry, words.t, words.format),
    when: whenText(entry.time, words),
  }));
}

export interface DisagreementRow {
  readonly frame: string;
  readonly machineName: string;
  readonly when: string;
  readonly says: string;
  readonly label: DisagreementDto["label"];
  readonly labelText: string;
  readonly selected: boolean;
}

/** A label is fair only if it does not look at which model said what, so that is shown once it is given. "Not sure" may
 *  still become an answer. */
const isAnswered = (label: DisagreementDto["label"]): boolean => label === "real" || label === "false";

const whoSaid = ({ championSays, challengerSays }: DisagreementDto, t: Translate): string =>
  [
    t("label.says", { who: t("models.champion"), verdict: t(`label.${championSays}`) }),
    t("label.says", { who: t("models.challenger"), verdict: t(`label.${challengerSays}`) }),
  ].join(", ");

/** What stands beside the picture of a frame. */
export function frameCaption(
  { probability, challengerProbability, model }: FrameDto,
  label: DisagreementDto["label"],
  { t, format }: Pick<Words, "format" | "t">,
): string {
  if (!isAnswered(label)) return t("label.disagree");
  const one = (who: string, share: number): string => `${who}: ${format.percent(share)}`;
  const champion = one(`${t("models.champion")} (${model})`, probability);
  const says =
    challengerProbability === undefined
      ? champion
      : `${champion}, ${one(t("models.challenger"), challengerProbability)}`;
  return t("label.notHealthy", { says });
}

export function disagreementRows(
  items: readonly DisagreementDto[],
  plant: PlantState,
  selected: string | undefined,
  words: Words,
): readonly DisagreementRow[] {
  const { t, format, nowMs } = words;
  return items.map((one) => ({
    frame: one.frame,
    machineName: plant.machines.get(one.machine)?.name ?? one.machine,
    when: format.time(Date.parse(one.time), nowMs),
    says: isAnswered(one.label) ? whoSaid(one, t) : t("label.disagree"),
    label: one.label,
    labelText: one.label === undefined ? t("label.open") : t(`label.${one.label}.given`),
    selected: one.frame === selected,
  }));
}
