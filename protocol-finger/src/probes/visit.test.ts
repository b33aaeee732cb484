import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { parseAllowList } from "../allow-list.ts";
import type { Budget } from "../budget.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { PROTOCOL_IDS, type ProtocolId } from "../fingerprint.ts";
import type { SocketInfoReader } from "../socket-info.ts";
import type { SynAckSource } from "../syn-ack-source.ts";
import type { Target } from "../target.ts";
import { WireError } from "../wire/wire-error.ts";
import type { ByteEntry } from "./byte-entry.ts";
import type { Answer, AnswerLength, Probe, ProbeLine } from "./probe.ts";
import { closedPort, MANNERS, type Manner, startPeer, type TcpPeer } from "./testing/tcp-peer.ts";
import { createVisit, type OpenVisit } from "./visit.ts";

const never = new AbortController().signal;
const QUESTION = Buffer.from("0102", "hex");
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A probe that may send 01 and any byte. */
function probeOf(protocol: ProtocolId): Probe {
  const rule = { protocol, name: "question", pattern: "01??", source: "this test" };
  return { protocol, transport: "tcp", defaultPort: 1, frames: [rule], run: async () => undefined };
}

const probes = Object.fromEntries(PROTOCOL_IDS.map((id) => [id, probeOf(id)])) as Record<ProtocolId, Probe>;

interface Setting {
  readonly budget?: Partial<Budget>;
  readonly host?: string;
  readonly onBytes?: (entry: ByteEntry) => void;
  readonly synAck?: SynAckSource;
  readonly socketInfo?: SocketInfoReader;
}

async function visitTo(ports: Target["ports"], setting: Setting = {}): Promise<OpenVisit> {
  const { budget, host = "127.0.0.1", ...rest } = setting;
  const visit = await createVisit(
    { host, ...(ports !== undefined && { ports }) },
    {
      clock: createSystemClock(),
      allow: parseAllowList(["127.0.0.1"]),
      probes,
      budget: { spacingMs: 0, connectTimeoutMs: 500, answerTimeoutMs: 150, ...budget },
      ...rest,
    },
    never,
  );
  closers.push(visit.leave);
  return visit;
}

async function peer(manner: Manner): Promise<TcpPeer> {
  const started = await startPeer(manner);
  closers.push(started.close);
  return started;
}

async function lineTo(visit: OpenVisit, protocol: ProtocolId = "s7"): Promise<ProbeLine> {
  const connected = await visit.connect(protocol, never);
  if (connected.kind !== "open") throw new Error(`not open but ${connected.kind}`);
  return connected.line;
}

async function askOnce(
  manner: Manner,
  length: AnswerLength = () => 4,
): Promise<{ answer: Answer; visit: OpenVisit; peer: TcpPeer }> {
  const started = await peer(manner);
  const visit = await visitTo({ s7: started.port });
  const line = await lineTo(visit);
  const answer = await line.ask(QUESTION, length, never);
  await visit.leave();
  return { answer, visit, peer: started };
}

const replying =
  (...chunks: readonly string[]): Manner =>
  (socket) =>
    void socket.on("data", async () => {
      for (const chunk of chunks) {
        socket.write(Buffer.from(chunk, "hex"));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });

const factOf = (visit: OpenVisit, key: string) => visit.facts.find((fact) => fact.key === key);

describe("a line to a device", () => {
  it("puts together an answer that comes in pieces", async () => {
    const { answer, visit } = await askOnce(replying("0a", "0b0c", "0d"));
    expect(answer).toMatchObject({ kind: "bytes", bytes: Buffer.from("0a0b0c0d", "hex") });
    expect(factOf(visit, "tcp.s7.behaviour")?.value).toBe("answers");
    expect(visit.spent).toMatchObject({ connections: 1, frames: 1 });
  });

  it("hands over what came when the length cannot be told", async () => {
    const { answer } = await askOnce(MANNERS["answers with garbage"], () => {
      throw new WireError(0, "no header");
    });
    expect(answer).toMatchObject({
      kind: "bytes",
      bytes: Buffer.from("deadbeefcafe0000ffff8080017f", "hex"),
    });
  });

  it("lets a bug in a probe's own arithmetic out", async () => {
    const bug: AnswerLength = () => {
      throw new RangeError("a bug");
    };
    await expect(askOnce(replying("0a"), bug)).rejects.toThrow("a bug");
  });

  it("hands over the beginning of an answer that is never whole", async () => {
    const { answer, visit } = await askOnce(replying("0a0b"));
    expect(answer).toMatchObject({ kind: "silence", partial: Buffer.from("0a0b", "hex") });
    expect(factOf(visit, "tcp.s7.behaviour")?.value).toBe("dribbles");
  });

  it("keeps no more of an endless answer than the budget says", async () => {
    const { answer, visit } = await askOnce(MANNERS["sends without end"], () => undefined);
    expect(answer.kind === "silence" && answer.partial.length).toBe(65_536);
    expect(factOf(visit, "tcp.s7.behaviour")?.value).toBe("floods");
  });

  it.each([
    ["silent", "silence", "mute"],
    ["hangs up at once", "closed", "hangs-up"],
    ["hangs up when asked", "closed", "hangs-up"],
    ["resets when asked", "closed", "resets"],
    ["answers as a web server", "closed", "http"],
    ["greets with text", "silence", "text"],
    ["dribbles", "silence", "dribbles"],
  ] as const)("a peer that %s: %s, noted as %s", async (manner, kind, behaviour) => {
    const { answer, visit } = await askOnce(MANNERS[manner], () => 4000);
    expect(answer.kind).toBe(kind);
    expect(factOf(visit, "tcp.s7.behaviour")?.value).toBe(behaviour);
    expect(factOf(visit, "tcp.openPorts")?.value).toBe(1);
    expect(factOf(visit, "tcp.mutePorts")?.value).toBe(/mute|dribbles/.test(behaviour) ? 1 : 0);
  });

  it("notes bytes that came unasked, and does not take them for the answer", async () => {
    const started = await peer((socket) => {
      socket.write("hello there");
      socket.on("data", () => socket.write(Buffer.from("0a0b0c0d", "hex")));
    });
    const visit = await visitTo({ s7: started.port });
    const line = await lineTo(visit);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await line.ask(QUESTION, () => 4, never)).toMatchObject({ bytes: Buffer.from("0a0b0c0d", "hex") });
    expect(factOf(visit, "tcp.s7.unasked")).toMatchObject({ value: 11 });
  });

  it("sends nothing that no rule allows", async () => {
    const started = await peer(MANNERS.silent);
    const visit = await visitTo({ s7: started.port });
    const line = await lineTo(visit);
    await expect(line.ask(Buffer.from("0501", "hex"), () => 1, never)).rejects.toThrow(TypeError);
    await expect(line.ask(Buffer.from("010203", "hex"), () => 1, never)).rejects.toThrow("no rule allows");
    await visit.leave();
    expect(started.received).toEqual([Buffer.alloc(0)]);
    expect(visit.spent.frames).toBe(0);
  });

  it("ends each connection with a FIN, and a second close is nothing", async () => {
    const { peer: started } = await askOnce(replying("0a0b0c0d"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([started.finished, started.reset]).toEqual([1, 0]);
  });

  it("closes in half a second where the device keeps its side open", async () => {
    const started = await startPeer((socket) => void socket.removeAllListeners("end"));
    closers.push(started.close);
    const visit = await visitTo({ s7: started.port });
    const line = await lineTo(visit);
    await line.close();
    expect(await line.ask(QUESTION, () => 1, never)).toMatchObject({ kind: "closed" });
  });

  it("says when each byte went which way", async () => {
    const log: ByteEntry[] = [];
    const started = await peer(replying("0a0b0c0d"));
    const visit = await visitTo({ s7: started.port }, { onBytes: (entry) => log.push(entry) });
    await (await lineTo(visit)).ask(QUESTION, () => 4, never);
    const base = { host: "127.0.0.1", port: started.port, protocol: "s7", atUs: expect.any(Number) };
    expect(log).toEqual([
      { ...base, direction: "sent", bytes: QUESTION, rule: "question" },
      { ...base, direction: "received", bytes: Buffer.from("0a0b0c0d", "hex") },
    ]);
  });

  it("ends a wait with the caller's reason, and with silence where the caller's time is up", async () => {
    const started = await peer(MANNERS.silent);
    const visit = await visitTo({ s7: started.port }, { budget: { answerTimeoutMs: 5000 } });
    const line = await lineTo(visit);
    const stop = new AbortController();
    const asking = line.ask(QUESTION, () => 1, stop.signal);
    stop.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
    expect(await line.ask(QUESTION, () => 1, AbortSignal.timeout(20))).toMatchObject({ kind: "silence" });
  });
});

describe("a visit to a device", () => {
  it("tells a closed port from a silent one and from no route", async () => {
    const visit = await visitTo({ s7: await closedPort() });
    expect(await visit.connect("s7", never)).toMatchObject({ kind: "closed" });
    expect(visit.states.get("s7")).toBe("closed");
    expect(factOf(visit, "tcp.s7.state")).toMatchObject({ value: "closed" });
  });

  it("makes no fifth connection and sends no thirteenth frame", async () => {
    const started = await peer(replying("0a0b0c0d"));
    const visit = await visitTo({ s7: started.port });
    for (let i = 0; i < 4; i += 1) {
      const line = await lineTo(visit);
      for (let frame = 0; frame < 4; frame += 1) await line.ask(QUESTION, () => 4, never);
    }
    expect(await visit.connect("s7", never)).toMatchObject({ kind: "forbidden" });
    expect(await visit.datagram("s7", never)).toMatchObject({ kind: "forbidden" });
    await visit.leave();
    expect(visit.left).toEqual({ connections: 0, frames: 0 });
    expect(Buffer.concat([...started.received]).length).toBe(12 * QUESTION.length);
    expect([started.acceptedMs.length, started.mostAtOnce]).toEqual([4, 1]);
  });

  it("keeps back connections and frames for other protocols when it lends itself", async () => {
    const started = await peer(MANNERS.silent);
    const visit = await visitTo({ s7: started.port });
    const lent = visit.lend({ connections: 1, frames: 2 });
    expect(lent.left).toEqual({ connections: 1, frames: 2 });
    const connected = await lent.connect("s7", never);
    if (connected.kind !== "open") throw new Error(connected.kind);
    for (let i = 0; i < 2; i += 1) await connected.line.ask(QUESTION, () => 1, never);
    expect(await connected.line.ask(QUESTION, () => 1, never)).toMatchObject({ kind: "forbidden" });
    expect(await lent.connect("s7", never)).toMatchObject({ kind: "forbidden" });
    expect(visit.left.connections).toBe(3);
  });

  it("leaves a port alone that reset three connections, and the device when another resets too", async () => {
    const started = await peer(MANNERS["resets when asked"]);
    const other = await peer(MANNERS["resets when asked"]);
    const visit = await visitTo({ s7: started.port, modbus: other.port });
    for (let i = 0; i < 3; i += 1) await (await lineTo(visit)).ask(QUESTION, () => 1, never);
    expect(await visit.connect("s7", never)).toMatchObject({ kind: "forbidden" });
    await (await lineTo(visit, "modbus")).ask(QUESTION, () => 1, never);
    expect(await visit.connect("opcua", never)).toMatchObject({ kind: "forbidden" });
    expect(visit.distress).toContain("4 connections in a row were reset");
  });

  it("stops when answers become five times as slow", async () => {
    let count = 0;
    const started = await peer((socket) => {
      socket.on("data", () => {
        count += 1;
        setTimeout(() => socket.write(Buffer.from("0a0b0c0d", "hex")), count === 1 ? 1 : 300);
      });
    });
    const visit = await visitTo({ s7: started.port }, { budget: { answerTimeoutMs: 2000 } });
    const line = await lineTo(visit);
    await line.ask(QUESTION, () => 4, never);
    expect(await line.ask(QUESTION, () => 4, never)).toMatchObject({ kind: "bytes" });
    expect(await line.ask(QUESTION, () => 4, never)).toMatchObject({ kind: "forbidden" });
    expect(visit.distress).toMatch(/took \d+ ms/);
  });

  it("does not blame a gateway for the dead unit behind it", async () => {
    let count = 0;
    const started = await peer((socket) => {
      socket.on("data", () => {
        count += 1;
        setTimeout(() => socket.write(Buffer.from("00010000000301830b", "hex")), count === 1 ? 1 : 300);
      });
    });
    const visit = await visitTo({ modbus: started.port }, { budget: { answerTimeoutMs: 2000 } });
    const line = await lineTo(visit, "modbus");
    for (let i = 0; i < 2; i += 1) await line.ask(QUESTION, () => 9, never);
    expect(visit.distress).toBeUndefined();
  });

  it("takes datagrams of any port of the device, and of no other host", async () => {
    const device = createSocket("udp4");
    const elsewhere = createSocket("udp4");
    for (const socket of [device, elsewhere]) socket.bind(0, "127.0.0.1");
    await Promise.all([once(device, "listening"), once(elsewhere, "listening")]);
    closers.push(async () => {
      device.close();
      elsewhere.close();
    });
    device.on("message", (_, from) =>
      elsewhere.send(Buffer.from("0a0b0c0d", "hex"), from.port, from.address),
    );
    const visit = await visitTo({ fins: device.address().port });
    const opened = await visit.datagram("fins", never);
    if (opened.kind !== "open") throw new Error(opened.kind);
    expect(await opened.line.ask(QUESTION, (bytes) => bytes.length, never)).toMatchObject({
      kind: "bytes",
      bytes: Buffer.from("0a0b0c0d", "hex"),
    });
    expect(visit.spent).toMatchObject({ connections: 0, frames: 1 });
    expect(factOf(visit, "tcp.fins.behaviour")).toBeUndefined();
  });

  it("hears of a closed UDP port at once", async () => {
    const gone = createSocket("udp4").bind(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address();
    gone.close();
    const visit = await visitTo({ fins: port }, { budget: { answerTimeoutMs: 5000 } });
    const opened = await visit.datagram("fins", never);
    if (opened.kind !== "open") throw new Error(opened.kind);
    const answer = await opened.line.ask(QUESTION, (bytes) => bytes.length, never);
    expect(answer).toMatchObject({ kind: "closed", by: "reset" });
    expect(visit.states.get("fins")).toBe("closed");
    expect(visit.distress).toBeUndefined();
  });

  it("takes a silent UDP port for silence", async () => {
    const device = createSocket("udp4");
    device.bind(0, "127.0.0.1");
    await once(device, "listening");
    closers.push(async () => device.close());
    const visit = await visitTo({ fins: device.address().port });
    const opened = await visit.datagram("fins", never);
    if (opened.kind !== "open") throw new Error(opened.kind);
    expect(await opened.line.ask(QUESTION, (bytes) => bytes.length, never)).toMatchObject({
      kind: "silence",
    });
  });

  it("says that there is no way over UDP", async () => {
    const allow = parseAllowList(["255.255.255.255"]);
    const deps = { clock: createSystemClock(), allow, probes };
    // Broadcast: the system refuses it to sockets that did not ask for it.
    const visit = await createVisit({ host: "255.255.255.255" }, deps, never);
    expect(await visit.datagram("fins", never)).toMatchObject({ kind: "unreachable" });
  });

  it("does not open a socket to what is not allowed", async () => {
    await expect(visitTo({}, { host: "127.0.0.2" })).rejects.toMatchObject({ code: "TARGET_NOT_ALLOWED" });
  });

  it("says that the handshake with one's own machine proves nothing", async () => {
    const started = await peer(MANNERS.silent);
    const visit = await visitTo({ s7: started.port });
    await visit.connect("s7", never);
    expect(factOf(visit, "tcp.view")?.value).toBe("loopback");
    expect(factOf(visit, "tcp.window")).toBeUndefined();
  });
});
