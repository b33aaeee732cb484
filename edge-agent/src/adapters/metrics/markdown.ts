import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PREFIX, rowsOf } from "./table.ts";
import { eventTable } from "./table-events.ts";
import { modelTable } from "./table-models.ts";
import { plantTable } from "./table-plant.ts";
import type { MetricTable } from "./table-row.ts";
import { storeTable } from "./table-stores.ts";

export const metricsFile = fileURLToPath(new URL("../../../METRICS.md", import.meta.url));

const SECTIONS: readonly (readonly [string, MetricTable])[] = [
  ["Counted where it happens", eventTable],
  ["Devices, machines, alarms, process", plantTable],
  ["History, outbox, sinks, objectives", storeTable],
  ["Models", modelTable],
];

const HEAD = `# Metrics

What \`GET /metrics\` answers, in the text format of Prometheus. Labels come from bounded sets: no tag, sensor or machine is
a label, there may be ten thousand. Counters begin at 0 when the agent starts. Written by
\`node edge-agent/src/adapters/metrics/markdown.ts\`; a test holds this file against the code.
`;

export function metricsMarkdown(): string {
  return `${HEAD}\n${SECTIONS.map(([title, table]) => sectionOf(title, table)).join("\n")}`;
}

const sectionOf = (title: string, table: MetricTable): string =>
  [
    `## ${title}\n`,
    "| metric | type | unit | labels | meaning |",
    "|---|---|---|---|---|",
    ...rowsOf(table).map(
      ([name, { type, unit, labels, help }]) =>
        `| \`${PREFIX}_${name}\` | ${type} | ${unit || "–"} | ${labels.join(", ") || "–"} | ${help} |`,
    ),
    "",
  ].join("\n");

if (import.meta.main) await writeFile(metricsFile, metricsMarkdown());
