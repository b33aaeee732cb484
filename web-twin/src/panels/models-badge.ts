import type { ModelsDto } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";

/** What stands beside the way to the models, where somebody should look. */
export function badgeOf(models: ModelsDto, t: Translate, format: Format): string | undefined {
  const { trial, drift, objective } = models;
  if (objective.state !== "kept") return t("models.trouble");
  const open = trial?.evidence.unlabelled ?? 0;
  if (open > 0) return t("models.toLabel", { n: format.whole(open) });
  if (trial !== undefined) return t("models.trialRuns");
  return drift.wanting === undefined ? undefined : t("models.wanted");
}
