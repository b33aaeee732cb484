/** How many windows of `length` samples, `hop` apart, lie wholly inside `available` samples. */
export function windowCount(available: number, length: number, hop: number): number {
  if (length < 1 || hop < 1) throw new RangeError(`windows of ${length} samples every ${hop} do not exist`);
  return available < length ? 0 : Math.floor((available - length) / hop) + 1;
}

/** Cut a block into fixed windows.
 *  @param hop samples between window starts; hop < length overlaps
 *  @yields Float32Array of exactly `length` samples, owned by the caller */
export function* slide(block: Float32Array, length: number, hop: number): Generator<Float32Array> {
  const count = windowCount(block.length, length, hop);
  for (let i = 0; i < count; i += 1) yield block.slice(i * hop, i * hop + length);
}
