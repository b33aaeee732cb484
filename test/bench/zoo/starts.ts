import { createRandom } from "../../plant/random.ts";
import type { FaultyDevice, PlannedFault } from "../../plant/zoo/fault-proxy.ts";
import { FAULT_KINDS, type FaultKind } from "../../plant/zoo/faults.ts";

/** Faults begin within so many ms of a start, and last so long. */
const BEGIN_WITHIN_MS = 2500;
const LAST_MS = { least: 1000, most: 4000 };

/** What happens to start number `number` of a device: nothing at the first one, then each fault that the device can
 *  suffer in turn, at a moment and for a time drawn from the seed. */
export function faultOf(
  device: Pick<FaultyDevice, "suffers">,
  number: number,
  seed: number,
): PlannedFault | undefined {
  const kinds: readonly (FaultKind | undefined)[] = [
    undefined,
    ...FAULT_KINDS.filter((kind) => device.suffers(kind)),
  ];
  const kind = kinds[number % kinds.length];
  if (kind === undefined) return undefined;
  const random = createRandom(seed);
  const fromMs = random.uniform() * BEGIN_WITHIN_MS;
  const lasting = LAST_MS.least + random.uniform() * (LAST_MS.most - LAST_MS.least);
  return { kind, fromMs, ...(kind !== "new-firmware" && { untilMs: fromMs + lasting }) };
}
