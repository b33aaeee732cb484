import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { parseAllowList } from "../allow-list.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { type Fingerprint, PROTOCOL_IDS, type ProtocolId } from "../fingerprint.ts";
import { identify } from "../identify.ts";
import { builtInSignatures } from "../signatures/load.ts";
import type { Target } from "../target.ts";
import type { ByteEntry } from "./byte-entry.ts";
import { PROBES } from "./registry.ts";
import { isAllowed } from "./testing/scripted-visit.ts";
import { closedPort, MANNERS, type Manner, startPeer, type TcpPeer } from "./testing/tcp-peer.ts";

const CONNECTIONS = 4;
const FRAMES = 12;
const signatures = await builtInSignatures();
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Examined {
  readonly fingerprint: Fingerprint;
  readonly sent: readonly ByteEntry[];
}

async function examine(target: Omit<Target, "host">): Promise<Examined> {
  const sent: ByteEntry[] = [];
  const fingerprint = await identify(
    { host: "127.0.0.1", inventory: true, ...target },
    {
      clock: createSystemClock(),
      allow: parseAllowList(["127.0.0.1"]),
      signatures,
      budget: { spacingMs: 0, connectTimeoutMs: 1000, answerTimeoutMs: 40 },
      onBytes: (entry) => {
        if (entry.direction === "sent") sent.push(entry);
      },
    },
    new AbortController().signal,
  );
  return { fingerprint, sent };
}

async function peer(manner: Manner): Promise<TcpPeer> {
  const started = await startPeer(manner);
  closers.push(started.close);
  return started;
}

/** What peers have seen is what the log says, it is within the budget, and each frame has its rule. */
function expectBudgetKept(
  { fingerprint, sent }: Examined,
  peers: readonly TcpPeer[],
  datagrams: readonly Buffer[],
): void {
  const accepted = peers.reduce((sum, { acceptedMs }) => sum + acceptedMs.length, 0);
  expect(accepted).toBeLessThanOrEqual(CONNECTIONS);
  expect(fingerprint.spent.connections).toBeLessThanOrEqual(CONNECTIONS);
  expect(fingerprint.spent.connections).toBeGreaterThanOrEqual(accepted);
  expect(sent.length).toBeLessThanOrEqual(FRAMES);
  expect(fingerprint.spent.frames).toBe(sent.length);
  for (const one of peers) {
    expect(one.mostAtOnce).toBeLessThanOrEqual(1);
    const own = sent.filter(({ port }) => port === one.port);
    const wire = Buffer.concat([...one.received]);
    // A peer that resets does not read everything.
    expect(Buffer.concat(own.map(({ bytes }) => bytes)).toString("hex")).toContain(wire.toString("hex"));
  }
  for (const datagram of datagrams) {
    expect(sent.some(({ bytes }) => bytes.equals(datagram))).toBe(true);
  }
  for (const { protocol, bytes } of sent) {
    expect(isAllowed(PROBES[protocol], bytes)).toBe(true);
    expectReadOnly(protocol, bytes);
  }
}

// Read variable, setup communication, userdata (Wireshark packet-s7comm.c); a job's function is its first parameter.
const S7_JOBS = [0x04, 0xf0];
const MODBUS_FUNCTIONS = [3, 17, 43, 90];

/** Said once more, in other words than those of the rules. */
function expectReadOnly(protocol: ProtocolId, frame: Buffer): void {
  if (protocol === "modbus") expect(MODBUS_FUNCTIONS).toContain(frame[7]);
  if (protocol !== "s7") return;
  expect([0xe0, 0xf0]).toContain(frame[5]);
  const isJob = frame[5] === 0xf0 && frame[8] === 1;
  if (isJob) expect(S7_JOBS).toContain(frame[17]);
}

describe("every probe keeps to the budget and to its frames", () => {
  describe.each(PROTOCOL_IDS)("%s", (protocol) => {
    it.each(Object.entries(MANNERS))("against a peer that %s", async (_, manner) => {
      const started = await peer(manner);
      const examined = await examine({ protocols: [protocol], ports: { [protocol]: started.port } });
      expectBudgetKept(examined, [started], []);
      expect(examined.fingerprint.host).toBe("127.0.0.1");
    });

    it("against a closed port", async () => {
      const examined = await examine({ protocols: [protocol], ports: { [protocol]: await closedPort() } });
      expectBudgetKept(examined, [], []);
      expect(examined.fingerprint.protocols).toMatchObject([{ id: protocol, state: "closed" }]);
      expect(examined.fingerprint.diagnoses).toMatchObject([{ code: "PORT_CLOSED" }]);
    });
  });

  it.each([
    ["is silent", () => []],
    ["answers with garbage", () => [Buffer.from("deadbeefcafe", "hex")]],
    ["answers a hundred times", () => Array.from({ length: 100 }, (_, i) => Buffer.alloc(1 + i * 10, i))],
  ] as const)("over UDP against a device that %s", async (_, answers) => {
    for (const protocol of PROTOCOL_IDS) {
      const socket = createSocket("udp4");
      const datagrams: Buffer[] = [];
      socket.on("message", (bytes, from) => {
        datagrams.push(bytes);
        for (const answer of answers()) socket.send(answer, from.port, from.address);
      });
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
      const examined = await examine({ protocols: [protocol], ports: { [protocol]: socket.address().port } });
      socket.close();
      expectBudgetKept(examined, [], datagrams);
    }
  });

  it.each(Object.entries(MANNERS))("all of them against a device whose ports all %s", async (_, manner) => {
    const peers = await Promise.all(PROTOCOL_IDS.map(() => peer(manner)));
    const ports = Object.fromEntries(PROTOCOL_IDS.map((id, i) => [id, peers[i]?.port ?? 0]));
    expectBudgetKept(await examine({ ports }), peers, []);
  });
});
