/** Where a manifest tells what the version was measured to do. */
const SECTIONS = ["evaluation", "thresholds", "golden", "quantisation"];

/** Every number of those sections, by its path: "evaluation.generated.test.accuracy". */
export function metricsOf(manifest: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> {
  const metrics = new Map<string, number>();
  for (const section of SECTIONS) gather(manifest[section], section, metrics);
  return metrics;
}

function gather(value: unknown, path: string, into: Map<string, number>): void {
  if (typeof value === "number") into.set(path, value);
  else if (typeof value === "object" && value !== null) {
    for (const [key, part] of Object.entries(value)) gather(part, `${path}.${key}`, into);
  }
}

export interface MetricDifference {
  readonly metric: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Metrics of both, in the order of the newer; undefined where one has not got it. */
export function compareMetrics(
  from: ReadonlyMap<string, number>,
  to: ReadonlyMap<string, number>,
): readonly MetricDifference[] {
  const names = new Set([...to.keys(), ...from.keys()]);
  return [...names].map((metric) => ({ metric, from: from.get(metric), to: to.get(metric) }));
}
