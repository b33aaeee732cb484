import { eventTable } from "./table-events.ts";
import { modelTable } from "./table-models.ts";
import { plantTable } from "./table-plant.ts";
import type { MetricRow } from "./table-row.ts";
import { storeTable } from "./table-stores.ts";

/** Stands before every name. */
export const PREFIX = "stethos";

/** What is looked up at each scrape. */
export const stateTable = { ...plantTable, ...storeTable, ...modelTable };

/** All metrics by their names without the prefix, as `METRICS.md` shows them. */
export const metricTable = { ...eventTable, ...stateTable };

export type EventMetric = keyof typeof eventTable;
export type StateMetric = keyof typeof stateTable;

export const rowsOf = (
  table: Readonly<Record<string, MetricRow>>,
): readonly (readonly [string, MetricRow])[] => Object.entries(table);
