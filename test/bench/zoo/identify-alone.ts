import { builtInSignatures, type Fingerprint, identify, parseAllowList } from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import type { ZooEndpoint } from "../../plant/zoo/zoo-profile.ts";

/** What the fingerprint of a device says that no driver could read, asked on every port it has. */
export async function identifyAlone({ host, ports }: ZooEndpoint): Promise<Fingerprint> {
  return await identify(
    { host, ports },
    { clock: createSystemClock(), allow: parseAllowList([host]), signatures: await builtInSignatures() },
    new AbortController().signal,
  );
}
