// The text format of Prometheus, 0.0.4.

export type Labels = Readonly<Record<string, string>>;

export const gauge = (name: string, help: string, value: number, labels: Labels = {}): string =>
  metric(`stethos_${name}`, "gauge", help, [[labels, value]]);

export function metric(
  name: string,
  type: string,
  help: string,
  samples: readonly (readonly [Labels, number])[],
): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${figure(value)}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

/** The text format writes infinity as Go does. */
const figure = (value: number): string =>
  Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
