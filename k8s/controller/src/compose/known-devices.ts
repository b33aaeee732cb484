import type { EdgeDevice } from "../ports/resources.ts";

export interface KnownDevice {
  readonly publicKey?: string | undefined;
  readonly keyId?: string | undefined;
  readonly sequence?: number | undefined;
}

/** What the cluster keeps of a device, by the name that it reports. The index is made anew when the devices changed. */
export function createKnownDevices(
  devices: () => readonly EdgeDevice[],
): (node: string) => KnownDevice | undefined {
  let indexed: readonly EdgeDevice[] | undefined;
  let index: ReadonlyMap<string, EdgeDevice> = new Map();
  return (node) => {
    const now = devices();
    if (now !== indexed) {
      indexed = now;
      index = new Map(now.map((device) => [device.spec.node ?? device.metadata.name, device]));
    }
    const found = index.get(node);
    return (
      found && {
        publicKey: found.spec.publicKey,
        keyId: found.status?.keyId,
        sequence: found.status?.reportSequence,
      }
    );
  };
}
