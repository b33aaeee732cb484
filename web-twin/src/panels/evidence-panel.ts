import { element } from "../dom/element.ts";
import { evidenceRows } from "../i18n/words.ts";
import { shownAlarm } from "../state/selection.ts";
import { factList } from "./fact-list.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** What the chosen machine's alarm saw. */
export function createEvidencePanel({ t, format }: PanelDeps): Panel {
  const facts = factList();
  const block = element(
    "section",
    { class: "block", "aria-labelledby": "evidence-title" },
    element("h3", { id: "evidence-title" }, t("evidence.title")),
    facts.element,
  );
  return {
    element: block,
    show({ plant, selection }) {
      const alarm = shownAlarm(plant, selection);
      block.hidden = alarm === undefined;
      if (alarm === undefined) return;
      facts.show([
        { label: t("evidence.peak"), value: format.number(alarm.peakAnomaly) },
        ...evidenceRows(t, format, alarm.evidence),
      ]);
    },
    tick() {},
    dispose() {},
  };
}
