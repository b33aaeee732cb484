import type { EdgeDevice } from "../ports/resources.ts";
import { nodeOf } from "./mirror.ts";

/** Of each name that several EdgeDevices give to their device: those, by "namespace/name", in order. One device has one
 *  channel, so that only one of them may move it. Those that are being deleted do not count. */
export function namesakesOf(devices: readonly EdgeDevice[]): ReadonlyMap<string, readonly string[]> {
  const there = devices.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const byNode = [...Map.groupBy(there, nodeOf)].filter(([, same]) => same.length > 1);
  return new Map(byNode.map(([node, same]) => [node, same.map(placeOf).sort()]));
}

const placeOf = ({ metadata }: EdgeDevice): string => `${metadata.namespace}/${metadata.name}`;
