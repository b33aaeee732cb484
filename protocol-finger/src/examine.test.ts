import { describe, expect, it } from "vitest";
import { examine } from "./examine.ts";
import { PROTOCOL_IDS, type ProtocolId } from "./fingerprint.ts";
import type { Probe } from "./probes/probe.ts";
import { PROBES } from "./probes/registry.ts";
import type { OpenVisit } from "./probes/visit.ts";
import type { PortState } from "./probes/visit-record.ts";
import type { Target } from "./target.ts";

/** Which protocols are tried of a device whose TCP ports are all in one state. */
async function tried(state: PortState, target: Partial<Target> = {}): Promise<readonly ProtocolId[]> {
  const ran: ProtocolId[] = [];
  const states = new Map<ProtocolId, PortState>();
  let connections = 4;
  const visit: OpenVisit = {
    host: "plc7",
    address: "192.0.2.7",
    portOf: (protocol) => PROBES[protocol].defaultPort,
    fact: () => undefined,
    note: () => undefined,
    connect: async () => ({ kind: "forbidden", reason: "a test" }),
    datagram: async () => ({ kind: "forbidden", reason: "a test" }),
    get left() {
      return { connections, frames: 12 };
    },
    facts: [],
    states,
    spent: { connections: 0, frames: 0, ms: 0 },
    distress: undefined,
    lend: () => visit,
    leave: async () => undefined,
  };
  const probeOf = (protocol: ProtocolId): Probe => ({
    ...PROBES[protocol],
    async run() {
      ran.push(protocol);
      if (PROBES[protocol].transport === "udp") return;
      connections -= 1;
      states.set(protocol, state);
    },
  });
  const probes = Object.fromEntries(PROTOCOL_IDS.map((id) => [id, probeOf(id)])) as Record<ProtocolId, Probe>;
  await examine(
    visit,
    { host: "plc7", ...target },
    { probes, signatures: { all: [] } },
    new AbortController().signal,
  );
  return ran;
}

const COMMON = ["s7", "modbus", "opcua", "enip"];
const UDP = PROTOCOL_IDS.filter((id) => PROBES[id].transport === "udp");

describe("what is tried of a device", () => {
  it("is what is common over TCP, then what costs no connection", async () => {
    expect(UDP).toContain("bacnet");
    expect(await tried("closed")).toEqual([...COMMON, ...UDP]);
    expect(await tried("open")).toEqual([...COMMON, ...UDP]);
  });

  it("is nothing over UDP where the host is silent on TCP, but for what the user names", async () => {
    expect(await tried("filtered")).toEqual(COMMON);
    expect(await tried("filtered", { ports: { bacnet: 47_809 } })).toEqual(["bacnet", ...COMMON]);
    expect(await tried("filtered", { protocols: ["s7", "fins"] })).toEqual(["s7", "fins"]);
  });

  it("ends at the first try where there is no way to the host", async () => {
    expect(await tried("unreachable")).toEqual(["s7"]);
  });
});
