/** What is known of a metric beside its name. Every metric has one row; the text, the published table, the dashboard and
 *  the alert rules are held against it. */
export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  /** As the name says it; "" counts things, or is a state. */
  readonly unit: "" | "bytes" | "ratio" | "seconds";
  /** All from bounded sets: never the name of a tag, a sensor or a machine. */
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets, rising. */
  readonly buckets?: readonly number[];
}

export type MetricTable = Readonly<Record<string, MetricRow>>;

type More = Pick<MetricRow, "help"> & Partial<Pick<MetricRow, "labels" | "unit">>;

export const counter = ({ help, labels = [], unit = "" }: More): MetricRow => ({
  type: "counter",
  unit,
  labels,
  help,
});

export const gauge = ({ help, labels = [], unit = "" }: More): MetricRow => ({
  type: "gauge",
  unit,
  labels,
  help,
});

export const seconds = ({
  help,
  labels = [],
  buckets,
}: More & { readonly buckets: readonly number[] }): MetricRow => ({
  type: "histogram",
  unit: "seconds",
  labels,
  help,
  buckets,
});
