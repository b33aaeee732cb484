/** Chance that a faulty window scores above a healthy one, ties counting half (Mann-Whitney U); NaN without both. */
export function auroc(healthy: readonly number[], faulty: readonly number[]): number {
  const all = [
    ...healthy.map((value) => ({ value, faulty: false })),
    ...faulty.map((value) => ({ value, faulty: true })),
  ];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j]?.value === all[i]?.value) j += 1;
    const rank = (i + j + 1) / 2;
    for (let k = i; k < j; k += 1) if (all[k]?.faulty === true) rankSum += rank;
    i = j;
  }
  const n = faulty.length;
  return (rankSum - (n * (n + 1)) / 2) / (n * healthy.length);
}

/** 95 % Wilson interval of a share, in the form [low, high] (Wilson, JASA 22, 1927). */
export function wilson(hits: number, n: number): readonly [number, number] {
  if (n === 0) return [0, 1];
  const z = 1.959964;
  const p = hits / n;
  const centre = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}
