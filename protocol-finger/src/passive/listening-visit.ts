import type { Fact } from "../fingerprint.ts";
import type { ConnectResult, Visit } from "../probes/probe.ts";

/** A device as a listener sees it: facts are noted, nothing can be sent. */
export function createListeningVisit(
  host: string,
  port: number,
  facts: ReadonlyMap<string, Fact>,
  note: (fact: Fact) => void,
): Visit {
  const forbidden = async (): Promise<ConnectResult> => ({
    kind: "forbidden",
    reason: "nothing is sent while listening",
  });
  return {
    host,
    portOf: () => port,
    fact: (key) => facts.get(key)?.value,
    note: (fact) => note({ ...fact, probe: "traffic" }),
    connect: forbidden,
    datagram: forbidden,
    left: { connections: 0, frames: 0 },
  };
}
