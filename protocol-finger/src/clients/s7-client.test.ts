import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "../clock/manual-clock.ts";
import { hex } from "../testing/malformed.ts";
import type { S7Range } from "../wire/s7-read.ts";
import { openS7, type S7Client, type S7ClientOptions } from "./s7-client.ts";
import {
  type Answer,
  type FakeS7,
  type FakeS7Answers,
  itemsOf,
  reply,
  serveMemory,
  startFakeS7,
} from "./testing/fake-s7.ts";

const never = new AbortController().signal;
const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const OPTIONS: S7ClientOptions = {
  host: "127.0.0.1",
  port: 0,
  localTsap: 0x0100,
  remoteTsap: 0x0302,
  pduSize: 480,
  jobsInFlight: 1,
  connectTimeoutMs: 5000,
  requestTimeoutMs: 2000,
  minGapMs: 0,
  maxReadBytes: 942,
};

async function start(answers: FakeS7Answers = {}): Promise<FakeS7> {
  const plc = await startFakeS7(answers);
  open.push(plc);
  return plc;
}

async function connect(answers: FakeS7Answers = {}, more: Partial<S7ClientOptions> = {}) {
  const plc = await start(answers);
  const clock = createManualClock();
  const client = await openS7({ ...OPTIONS, port: plc.port, ...more }, { clock }, never);
  open.unshift(client);
  return { plc, clock, client };
}

const say =
  (bytes: string): Answer =>
  (_, socket) =>
    void socket.write(hex(bytes));
const hangUp: Answer = (_, socket) => void socket.end();
const reset: Answer = (_, socket) => void socket.resetAndDestroy();

const db = (start: number, length: number, block = 1): S7Range => ({ area: "DB", db: block, start, length });
const bytesFrom = (start: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => start + i));
const askedOf = (plc: FakeS7): number[][] => plc.jobs.map((job) => itemsOf(job).map(({ length }) => length));

describe("S7 client", () => {
  it("asks for what it was told to and takes what the controller grants", async () => {
    const seen: string[] = [];
    const note =
      (answer: Answer): Answer =>
      (packet, socket) => {
        seen.push(packet.toString("hex"));
        answer(packet, socket);
      };
    const { client } = await connect({
      confirm: note(say("03000016 11 d0 0001 0003 00 c0010a c1020100 c2020302")),
      setup: note(say("0300001b 02f080 3203 0000 0000 0008 0000 0000 f000 0001 0002 00f0")),
    });
    expect(seen).toEqual([
      "0300001611e00000000100c1020100c2020302c0010a",
      "0300001902f08032010000000000080000f0000001000101e0",
    ]);
    expect(client).toMatchObject({ pduSize: 240, jobsInFlight: 2 });
  });

  it("reads ranges in as few requests as they fit, and cuts those that are longer than one", async () => {
    const { client, plc } = await connect({ job: serveMemory() });
    const results = await client.read([db(0, 4), db(300, 300), db(7, 3), db(9, 0)], never);
    expect(results).toEqual([
      { bytes: bytesFrom(0, 4) },
      { bytes: bytesFrom(300, 300) },
      { bytes: bytesFrom(7, 3) },
      { bytes: Buffer.alloc(0) },
    ]);
    expect(askedOf(plc)).toEqual([[4], [222], [78, 3]]);
    expect(plc.jobs.map((job) => job.readUInt16BE(11))).toEqual([1, 2, 3]);
  });

  it("asks for no more at once than it was told to", async () => {
    const { client, plc } = await connect({ job: serveMemory() }, { maxReadBytes: 160 });
    await client.read([db(0, 200)], never);
    expect(askedOf(plc)).toEqual([[160], [40]]);
  });

  it("tells which range the controller refuses, and gives the others", async () => {
    const { client } = await connect({ job: serveMemory((item) => (item.db === 9 ? 0x0a : undefined)) });
    expect(await client.read([db(0, 2), db(0, 300, 9), db(2, 2)], never)).toEqual([
      { bytes: bytesFrom(0, 2) },
      { refusal: 0x0a },
      { bytes: bytesFrom(2, 2) },
    ]);
  });

  it.each([
    [0x8104, "S7_PUT_GET_OFF", "permit PUT/GET"],
    [0xd241, "S7_PROTECTED", "wants a password"],
    [0xd0a1, "S7_PROTECTED", "protection level"],
    [0x8304, "S7_OVERLOADED", "no resources"],
  ])("says why the controller reads nothing at all: %i", async (code, diagnosis, text) => {
    const { client, plc } = await connect({
      job: (packet, socket) =>
        plc.jobs.length === 1
          ? void socket.write(reply(packet, "", Buffer.alloc(0), code))
          : serveMemory()(packet, socket),
    });
    await expect(client.read([db(0, 2)], never)).rejects.toMatchObject({
      code: "PLC_REFUSED",
      diagnosis,
      message: expect.stringContaining(text),
    });
    expect(await client.read([db(0, 2)], never)).toEqual([{ bytes: bytesFrom(0, 2) }]);
  });

  it("halves requests that are too long for the controller, and remembers", async () => {
    const { client, plc } = await connect({
      job(packet, socket) {
        const isLong = itemsOf(packet).some(({ length }) => length > 64);
        if (isLong) socket.write(reply(packet, "", Buffer.alloc(0), 0x8500));
        else serveMemory()(packet, socket);
      },
    });
    expect(await client.read([db(0, 120)], never)).toEqual([{ bytes: bytesFrom(0, 120) }]);
    await client.read([db(0, 120)], never);
    expect(askedOf(plc)).toEqual([[120], [60], [60], [60], [60]]);
  });

  it("gives up halving at eight bytes", async () => {
    const { client } = await connect({
      job: (packet, socket) => void socket.write(reply(packet, "", Buffer.alloc(0), 0x8500)),
    });
    await expect(client.read([db(0, 32)], never)).rejects.toMatchObject({
      code: "PLC_REFUSED",
      diagnosis: "S7_OVER_PDU",
    });
  });

  it("leaves the asked-for pause between an answer and the next request", async () => {
    const plc = await start({ job: serveMemory() });
    const pauses: number[] = [];
    const clock = { ...createManualClock(), sleep: async (ms: number) => void pauses.push(ms) };
    const client = await openS7({ ...OPTIONS, port: plc.port, minGapMs: 20 }, { clock }, never);
    open.unshift(client);
    await client.read([db(0, 2), db(0, 222, 2)], never);
    // After the ISO greeting, after the S7 greeting, between the two jobs.
    expect(pauses).toEqual([20, 20, 20]);
  });

  it("asks one question at a time, also for several callers", async () => {
    const held: (() => void)[] = [];
    const { client, plc } = await connect({
      job: (packet, socket) => void held.push(() => serveMemory()(packet, socket)),
    });
    const first = client.read([db(0, 2)], never);
    const second = client.read([db(2, 2)], never);
    await plc.asked(1);
    expect(held).toHaveLength(1);
    held[0]?.();
    expect(await first).toEqual([{ bytes: bytesFrom(0, 2) }]);
    await plc.asked(2);
    held[1]?.();
    expect(await second).toEqual([{ bytes: bytesFrom(2, 2) }]);
  });

  it("waits for the answer to a read that was given up before it asks the next one", async () => {
    const held: (() => void)[] = [];
    const { client, plc } = await connect({
      job: (packet, socket) => void held.push(() => serveMemory()(packet, socket)),
    });
    const stop = new AbortController();
    const given = expect(client.read([db(0, 2)], stop.signal)).rejects.toThrow("not needed");
    await plc.asked(1);
    stop.abort(new Error("not needed"));
    await given;
    const next = client.read([db(40, 2)], never);
    held[0]?.();
    await plc.asked(2);
    held[1]?.();
    expect(await next).toEqual([{ bytes: bytesFrom(40, 2) }]);
    await expect(client.read([db(0, 2)], stop.signal)).rejects.toThrow("not needed");
    expect(plc.jobs).toHaveLength(2);
  });

  it("says goodbye, ends a read that waits, and answers nothing any more", async () => {
    const { client, plc } = await connect();
    const read = expect(client.read([db(0, 2)], never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
    await plc.asked(1);
    await client.close();
    await read;
    await plc.ended;
    await expect(client.read([db(0, 2)], never)).rejects.toThrow("is closed");
    await client.close();
  });

  it("reports PLC_TIMEOUT when an answer does not come, and is dead from then on", async () => {
    const { client, plc, clock } = await connect();
    const read = expect(client.read([db(0, 2)], never)).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      diagnosis: "LINK_LOST",
    });
    await plc.asked(1);
    await clock.advance(2000);
    await read;
    await expect(client.read([db(0, 2)], never)).rejects.toMatchObject({ code: "PLC_TIMEOUT" });
    expect(plc.jobs).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it.each<[string, string, string, Answer]>([
    ["garbage", "PDU_MALFORMED", "MALFORMED_ANSWER", (_, socket) => void socket.write("no S7 at all")],
    [
      "the answer to another request",
      "PDU_MALFORMED",
      "MALFORMED_ANSWER",
      (packet, socket) => {
        packet.writeUInt16BE(999, 11);
        serveMemory()(packet, socket);
      },
    ],
    [
      "the same answer twice",
      "PDU_MALFORMED",
      "MALFORMED_ANSWER",
      (packet, socket) => {
        const answer = reply(packet, "0401", hex("ff04 0010 0001"));
        socket.write(Buffer.concat([answer, answer]));
      },
    ],
    [
      "another length",
      "PDU_MALFORMED",
      "MALFORMED_ANSWER",
      (packet, socket) => void socket.write(reply(packet, "0401", hex("ff04 0008 00"))),
    ],
    ["a disconnect request", "PLC_UNREACHABLE", "LINK_LOST", say("0300000b 06 80 0000 0001 00")],
    ["the end of the connection", "PLC_UNREACHABLE", "LINK_LOST", hangUp],
    ["a reset", "PLC_UNREACHABLE", "LINK_LOST", reset],
  ])("gives no value and reports %s as %s", async (_, code, diagnosis, job) => {
    const { client } = await connect({ job });
    await expect(client.read([db(0, 2)], never)).rejects.toMatchObject({ code, diagnosis });
    await expect(client.read([db(0, 2)], never)).rejects.toMatchObject({ code });
  });

  it("reports PDU_MALFORMED for what comes without a question", async () => {
    const { client, plc } = await connect({
      job(packet, socket) {
        serveMemory()(packet, socket);
        setImmediate(() => socket.write(hex("0300000702f080")));
      },
    });
    await client.read([db(0, 2)], never);
    await plc.ended;
    await expect(client.read([db(0, 2)], never)).rejects.toMatchObject({ code: "PDU_MALFORMED" });
  });
});

/** The parameters of an answer with a part of a list. */
const PART = (isLast: boolean): string => `00011208 1284 01 02 ${isLast ? "00 00" : "d5 01"} 0000`;

function sendPart(packet: Buffer, isLast: boolean, part: Buffer): Buffer {
  const data = Buffer.concat([hex("ff090000"), part]);
  data.writeUInt16BE(part.length, 2);
  const answer = reply(packet, PART(isLast), data);
  // Userdata has no error in its header.
  const userdata = Buffer.concat([answer.subarray(0, 17), answer.subarray(19)]);
  userdata[8] = 7;
  userdata.writeUInt16BE(userdata.length, 2);
  return userdata;
}

describe("S7 client's system status lists", () => {
  const list = Buffer.concat([hex("0011 0000 0004 0003"), hex("00010203 04050607 08090a0b")]);

  it("are joined of their parts, cut inside a record or not", async () => {
    const { client, plc } = await connect({
      job(packet, socket) {
        const isFirst = plc.jobs.length === 1;
        socket.write(sendPart(packet, !isFirst, isFirst ? list.subarray(0, 13) : list.subarray(13)));
      },
    });
    const { count, records } = await client.readSzl(0x0011, 0, never);
    expect(count).toBe(3);
    expect(records.map((record) => record.toString("hex"))).toEqual(["00010203", "04050607", "08090a0b"]);
    expect(plc.jobs.map((job) => job.toString("hex"))).toEqual([
      "0300002102f080320700000001000800080001120411440100ff09000400110000",
      "0300002102f080320700000002000c00040001120812440102000000000a000000",
    ]);
  });

  it("are refused in words", async () => {
    const { client } = await connect({
      job(packet, socket) {
        const answer = sendPart(packet, true, Buffer.alloc(0));
        answer.writeUInt16BE(0xd402, 27);
        socket.write(answer);
      },
    });
    await expect(client.readSzl(0x0424, 0, never)).rejects.toMatchObject({
      code: "PLC_REFUSED",
      message: expect.stringContaining("list 0x0424 (0xD402): this information is not available here"),
    });
  });

  it("are given up where they do not end", async () => {
    const { client } = await connect({
      job: (packet, socket) => void socket.write(sendPart(packet, false, list)),
    });
    await expect(client.readSzl(0x0011, 0, never)).rejects.toMatchObject({ code: "PDU_MALFORMED" });
  });
});

describe("S7 client's greeting", () => {
  async function failure(answers: FakeS7Answers): Promise<unknown> {
    const plc = await start(answers);
    return openS7({ ...OPTIONS, port: plc.port }, { clock: createManualClock() }, never).then(
      (client: S7Client) => client.close(),
      (thrown: unknown) => thrown,
    );
  }

  it.each<[string, string, FakeS7Answers]>([
    ["PLC_REFUSED", "S7_TSAP_REFUSED", { confirm: hangUp }],
    ["PLC_REFUSED", "S7_TSAP_REFUSED", { confirm: reset }],
    ["PLC_REFUSED", "S7_TSAP_REFUSED", { confirm: say("0300000b 06 80 0001 0000 03") }],
    ["PLC_REFUSED", "NOT_A_CONTROLLER", { confirm: (_, socket) => void socket.write("HTTP/1.1 400\r\n") }],
    ["PLC_REFUSED", "S7_NO_SETUP_REPLY", { setup: hangUp }],
    ["PLC_REFUSED", "S7_NO_SETUP_REPLY", { setup: say("0300000b 06 80 0001 0000 00") }],
    ["PLC_REFUSED", "S7_NO_SETUP_REPLY", { setup: say("03000013 02f080 3203 0000 0000 0000 0000 8104") }],
    ["PLC_REFUSED", "S7_NO_SETUP_REPLY", { setup: say("03000009 02f080 7201") }],
  ])("fails with %s and %s", async (code, diagnosis, answers) => {
    expect(await failure(answers)).toMatchObject({ name: "FingerError", code, diagnosis });
  });

  it.each<[string, string]>([
    ["confirm", "S7_TSAP_REFUSED"],
    ["setup", "S7_NO_SETUP_REPLY"],
  ])("fails with PLC_TIMEOUT where the %s is left out", async (part, diagnosis) => {
    const came = Promise.withResolvers<void>();
    const plc = await start({ [part]: () => came.resolve() });
    const clock = createManualClock();
    const attempt = expect(openS7({ ...OPTIONS, port: plc.port }, { clock }, never)).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      diagnosis,
    });
    await came.promise;
    await clock.advance(5000);
    await attempt;
    expect(clock.waiting).toBe(0);
  });

  it("fails with the cause where nobody listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await new Promise((resolve) => server.close(resolve));
    await expect(openS7({ ...OPTIONS, port }, { clock: createManualClock() }, never)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      diagnosis: "PORT_CLOSED",
    });
  });

  it("fails with the cause where nobody answers, and ends at once when it is told to", async () => {
    const plc = await start();
    const clock = createManualClock();
    const silent = expect(openS7({ ...OPTIONS, port: plc.port }, { clock }, never)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      diagnosis: "HOST_SILENT",
    });
    await clock.advance(5000);
    await silent;
    const stop = new AbortController();
    const stopped = expect(openS7({ ...OPTIONS, port: plc.port }, { clock }, stop.signal)).rejects.toThrow(
      "enough",
    );
    stop.abort(new Error("enough"));
    await stopped;
    await expect(openS7({ ...OPTIONS, port: plc.port }, { clock }, stop.signal)).rejects.toThrow("enough");
    expect(clock.waiting).toBe(0);
  });
});
