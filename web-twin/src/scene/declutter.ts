/** A label on the screen, pixels; x and y are its middle and its bottom. */
export interface LabelBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Higher keeps its text when two overlap. */
  readonly priority: number;
}

const overlap = (a: LabelBox, b: LabelBox): boolean =>
  Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;

/** Which labels show their text: a label that would cover a more important one shows its icon alone. */
export function readable(labels: readonly LabelBox[]): readonly boolean[] {
  const order = labels
    .map((_, i) => i)
    .sort((a, b) => (labels[b]?.priority ?? 0) - (labels[a]?.priority ?? 0));
  const shown: LabelBox[] = [];
  const result = labels.map(() => false);
  for (const i of order) {
    const label = labels[i];
    if (label === undefined || shown.some((other) => overlap(other, label))) continue;
    shown.push(label);
    result[i] = true;
  }
  return result;
}

/** The label under a point of the screen, the most important where several are. */
export function labelAt(labels: readonly LabelBox[], x: number, y: number): number | undefined {
  const hits = labels.flatMap((label, i) =>
    Math.abs(x - label.x) <= label.width / 2 && y <= label.y && y >= label.y - label.height ? [i] : [],
  );
  return hits.sort((a, b) => (labels[b]?.priority ?? 0) - (labels[a]?.priority ?? 0))[0];
}
