import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList } from "../dom/keyed-list.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import {
  type ComparedRow,
  comparedRows,
  type IntervalBar,
  labelParts,
  latencyBars,
  type ProofBar,
  proofBars,
} from "./trial-rows.ts";

const percentOf = (share: number): string => `${(share * 100).toFixed(2)}%`;

/** A label, its value, and below them a drawing that says the same to the eye. */
function createLine(key: string, label: string, drawing: HTMLElement) {
  const value = element("span", { class: "proof-value" });
  const row = element(
    "li",
    { class: "proof", "data-proof": key },
    element("div", { class: "proof-head" }, element("span", {}, label), value),
    drawing,
  );
  return { element: row, value };
}

function createBars() {
  const list = element("ul", { class: "proofs" });
  const rows = createKeyedList<ProofBar>(
    list,
    ({ key }) => key,
    ({ key, label }) => {
      const fill = element("div", { class: "bar-fill" });
      const bar = element("div", { class: "bar", "aria-hidden": "true" }, fill);
      const line = createLine(key, label, bar);
      return {
        element: line.element,
        update(next) {
          setText(line.value, next.value);
          bar.style.setProperty("--share", percentOf(next.share));
          bar.style.setProperty("--limit", percentOf(next.limit));
          setAttribute(bar, "data-tone", next.tone);
          setAttribute(bar, "data-reached", next.reached);
        },
      };
    },
  );
  return { element: list, show: rows.show };
}

function createIntervals() {
  const list = element("ul", { class: "proofs" });
  const rows = createKeyedList<IntervalBar>(
    list,
    ({ key }) => key,
    ({ key, label }) => {
      const span = element("div", { class: "interval-span" });
      const dot = element("div", { class: "interval-dot" });
      const bar = element("div", { class: "bar interval", "aria-hidden": "true" }, span, dot);
      const line = createLine(key, label, bar);
      return {
        element: line.element,
        update(next) {
          setText(line.value, next.value);
          const { interval } = next;
          span.hidden = interval === undefined;
          dot.hidden = interval === undefined;
          bar.style.setProperty("--limit", percentOf(next.limit));
          setAttribute(bar, "data-sure", next.sure);
          if (interval === undefined) return;
          bar.style.setProperty("--from", percentOf(interval.from));
          bar.style.setProperty("--to", percentOf(interval.to));
          bar.style.setProperty("--at", percentOf(interval.at));
        },
      };
    },
  );
  return { element: list, show: rows.show };
}

function createParts({ t }: PanelDeps) {
  const bar = element("div", { class: "parts", "aria-hidden": "true" });
  const line = createLine("labels", t("proof.labels"), bar);
  const parts = createKeyedList<{ readonly key: string; readonly share: number }>(
    bar,
    ({ key }) => key,
    ({ key }) => {
      const part = element("div", { class: "part", "data-part": key });
      return { element: part, update: ({ share }) => part.style.setProperty("--share", percentOf(share)) };
    },
  );
  return { element: element("ul", { class: "proofs" }, line.element), value: line.value, show: parts.show };
}

function createTable({ t }: PanelDeps) {
  const body = element("tbody");
  const rows = createKeyedList<ComparedRow>(
    body,
    ({ label }) => label,
    ({ label }) => {
      const champion = element("td");
      const challenger = element("td");
      return {
        element: element("tr", {}, element("th", { scope: "row" }, label), champion, challenger),
        update(row) {
          setText(champion, row.champion);
          setText(challenger, row.challenger);
        },
      };
    },
  );
  const head = element(
    "tr",
    {},
    element("td"),
    element("th", { scope: "col" }, t("models.champion")),
    element("th", { scope: "col" }, t("models.challenger")),
  );
  return {
    element: element("table", { class: "compared" }, element("thead", {}, head), body),
    show: rows.show,
  };
}

/** What is known so far of challenger against champion, each figure beside the line that decides. */
export function createProofPanel(deps: PanelDeps): Panel {
  const { t, format } = deps;
  const heard = element("p", { class: "note" });
  const bars = createBars();
  const parts = createParts(deps);
  const latency = createIntervals();
  const table = createTable(deps);
  const block = element(
    "section",
    { class: "block", "aria-labelledby": "proof-title" },
    element("h3", { id: "proof-title" }, t("models.evidence")),
    heard,
    bars.element,
    parts.element,
    latency.element,
    table.element,
  );
  return {
    element: block,
    show({ plant }) {
      const evidence = plant.models?.trial?.evidence;
      block.hidden = evidence === undefined;
      if (evidence === undefined) return;
      const { frames, blocks } = evidence;
      setText(heard, t("models.heard", { frames: format.whole(frames), blocks: format.whole(blocks) }));
      bars.show(proofBars(evidence, t, format));
      const labels = labelParts(evidence, t, format);
      setText(parts.value, labels.text);
      parts.show(labels.parts);
      latency.show(latencyBars(evidence, t, format));
      table.show(comparedRows(evidence, t, format));
    },
    tick() {},
    dispose() {},
  };
}
