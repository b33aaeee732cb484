import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import type { Tag } from "../../core/tag.ts";
import type {
  DriverDeps,
  PolledDevice,
  PolledSession,
  ScanPlan,
  WaveformSource,
} from "../../ports/driver.ts";
import { createS7Device } from "./device.ts";
import { type Answer, type FakePlc, readReply, setupReply, startFakePlc } from "./fake-plc.ts";
import { s7OptionsSchema } from "./options.ts";

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function tag(name: string, address: string): Tag {
  const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
  return {
    id: `s/${name}`,
    path,
    name,
    device: "press",
    protocol: "s7",
    address,
    unit: "1",
    scale: 1,
    offset: 0,
  };
}

function planOf(
  addresses: readonly string[],
  waveforms: readonly (readonly [string, number, string])[] = [],
): ScanPlan {
  return {
    device: "press",
    protocol: "s7",
    tags: addresses.map((address, i) => tag(`t${i}`, address)),
    waveforms: waveforms.map(
      ([address, samples, sequenceAddress], i): WaveformSource => ({
        ...tag(`w${i}`, address),
        sampleRateHz: 1000,
        samples,
        sequenceAddress,
      }),
    ),
    groups: [{ name: "all", periodMs: 1000, tags: addresses.map((_, i) => i), waveforms: [] }],
  };
}

interface Bench {
  readonly plc: FakePlc;
  readonly device: PolledDevice;
  readonly session: PolledSession;
  readonly clock: ManualClock;
  readonly warnings: Readonly<Record<string, unknown>>[];
}

interface BenchOptions {
  readonly read: Answer;
  readonly grant?: Buffer;
  readonly options?: object;
  readonly known?: Readonly<Record<string, number>>;
}

async function bench(
  plan: ScanPlan,
  { read, grant = setupReply(240, 1), options = {}, known = {} }: BenchOptions,
): Promise<Bench> {
  const plc = await startFakePlc({ read, setup: (_, socket) => void socket.write(grant) });
  open.push(plc);
  const clock = createManualClock();
  const warnings: Readonly<Record<string, unknown>>[] = [];
  const silent = () => undefined;
  const logger: DriverDeps["logger"] = {
    debug: silent,
    info: silent,
    warn: (fields) => void warnings.push(fields),
    error: silent,
    child: () => logger,
  };
  const parsed = s7OptionsSchema.parse({ host: "127.0.0.1", port: plc.port, ...options });
  const device = createS7Device(plan, parsed, { clock, logger, random: () => 0 }, known);
  const session = await device.connect(never);
  open.unshift(session);
  return { plc, device, session, clock, warnings };
}

interface Asked {
  readonly db: number;
  readonly start: number;
  readonly length: number;
}

/** The items of a read request. */
function asked(request: Buffer): Asked[] {
  return Array.from({ length: request.readUInt8(18) }, (_, i) => {
    const at = 19 + 12 * i;
    const start = request.readUIntBE(at + 9, 3) / 8;
    return { db: request.readUInt16BE(at + 6), start, length: request.readUInt16BE(at + 4) };
  });
}

/** A controller whose data blocks hold in each byte the low byte of its address; `refuse` gives return codes. */
const serve =
  (refuse: (item: Asked) => number | undefined = () => undefined): Answer =>
  (request, socket) => {
    const items = asked(request).map(
      (item) => refuse(item) ?? Buffer.from(Array.from({ length: item.length }, (_, i) => item.start + i)),
    );
    socket.write(readReply(request, items));
  };

const overlaps = (item: Asked, from: number, to: number): boolean =>
  item.start < to && item.start + item.length > from;

describe("S7 device", () => {
  it("reads a group in one request and gives one row a tag, in the order of the group", async () => {
    const plan = planOf(["DB1,BYTE8", "DB1,INT2", "DB1,X1.0"]);
    const { session, plc, clock } = await bench(plan, { read: serve() });
    const batch = await session.readGroup(0, never);
    expect(batch.count).toBe(3);
    expect([...batch.tag]).toEqual([0, 1, 2]);
    expect([...batch.value]).toEqual([8, 0x0203, 1]);
    expect([...batch.status]).toEqual([0, 0, 0]);
    expect([...batch.other]).toEqual([[2, true]]);
    expect([...batch.sourceTimeUs]).toEqual([clock.nowUs(), clock.nowUs(), clock.nowUs()]);
    expect(plc.requests).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it("refuses a plan with an address that is none, naming the tag and the character", () => {
    const options = s7OptionsSchema.parse({ host: "plc" });
    const deps = { clock: createManualClock(), logger: undefined as never, random: () => 0 };
    const make = (plan: ScanPlan) => () => createS7Device(plan, options, deps);
    expect(make(planOf(["DB1,REAL0", "DB1,FOO0"]))).toThrow(
      's/t1: address "DB1,FOO0", character 5: "FOO0" is no S7 type',
    );
    expect(make(planOf([], [["DB2,INT0.10", 16, "DB2,INT20"]]))).toThrow(
      "it has 10 elements where the waveform has 16 samples",
    );
    expect(make(planOf([], [["DB2,S0.10.16", 16, "DB2,INT20"]]))).toThrow("STRING cannot be read as samples");
    expect(make(planOf([], [["DB2,INT0.16", 16, "DB2,REAL20"]]))).toThrow(
      "a block counter is one whole number, not REAL",
    );
    expect(make(planOf([], [["DB2,INT0.16", 16, "DB2,INT20.2"]]))).toThrow("not an array");
  });

  it("keeps the other tags of a range good when one of them is refused, and leaves it out from then on", async () => {
    const plan = planOf(["DB1,INT0", "DB1,INT2", "DB1,INT4", "DB1,INT6", "DB1,INT8"]);
    const { session, plc, warnings } = await bench(plan, {
      read: serve((item) => (overlaps(item, 4, 6) ? 0x05 : undefined)),
    });
    const first = await session.readGroup(0, never);
    expect([...first.status]).toEqual([0, 0, StatusCode.BadNodeIdUnknown, 0, 0]);
    expect([...first.value]).toEqual([0x0001, 0x0203, Number.NaN, 0x0607, 0x0809]);
    const rounds = plc.requests.length;
    const second = await session.readGroup(0, never);
    expect([...second.status]).toEqual([...first.status]);
    expect([...second.value]).toEqual([...first.value]);
    expect(plc.requests).toHaveLength(rounds + 1);
    expect(plc.requests.slice(rounds).flatMap(asked)).not.toContainEqual(
      expect.objectContaining({ start: 4 }),
    );
    expect(warnings).toEqual([
      { device: "press", count: 1, addresses: ["s/t2 DB1,INT4: the address is beyond the end of its area"] },
    ]);
  });

  it("asks for refused addresses again after a while, and says so only once", async () => {
    let isThere = false;
    const { session, clock, plc, warnings } = await bench(planOf(["DB1,INT0", "DB7,INT0"]), {
      read: serve((item) => (item.db === 7 && !isThere ? 0x0a : undefined)),
    });
    expect([...(await session.readGroup(0, never)).status]).toEqual([0, StatusCode.BadNodeIdUnknown]);
    await clock.advance(60_000);
    expect([...(await session.readGroup(0, never)).status]).toEqual([0, StatusCode.BadNodeIdUnknown]);
    isThere = true;
    expect([...(await session.readGroup(0, never)).status]).toEqual([0, StatusCode.BadNodeIdUnknown]);
    await clock.advance(60_000);
    expect([...(await session.readGroup(0, never)).status]).toEqual([0, 0]);
    expect(plc.requests).toHaveLength(4);
    expect(warnings).toHaveLength(1);
  });

  it("makes bad rows of a passing refusal and reads them again in the next scan", async () => {
    let isBroken = true;
    const { session, plc } = await bench(planOf(["DB1,INT0", "DB1,INT2", "DB9,INT0"]), {
      read: serve((item) => (isBroken && item.db === 1 ? 0x01 : undefined)),
    });
    const bad = StatusCode.BadDeviceFailure;
    expect([...(await session.readGroup(0, never)).status]).toEqual([bad, bad, 0]);
    isBroken = false;
    expect([...(await session.readGroup(0, never)).status]).toEqual([0, 0, 0]);
    expect(plc.requests).toHaveLength(2);
  });

  it("makes bad rows of an error that refuses the whole answer", async () => {
    const { session } = await bench(planOf(["DB1,INT0", "DB1,INT2"]), {
      read(request, socket) {
        const answer = Buffer.from("0300001302f0803203000000000000000081 04".replace(" ", ""), "hex");
        answer.writeUInt16BE(request.readUInt16BE(11), 11);
        socket.write(answer);
      },
    });
    const denied = StatusCode.BadUserAccessDenied;
    expect([...(await session.readGroup(0, never)).status]).toEqual([denied, denied]);
  });

  it("refuses a whole array when one piece of it is refused", async () => {
    const { session, plc } = await bench(planOf(["DB1,BYTE0.400", "DB1,INT0"]), {
      read: serve((item) => (overlaps(item, 300, 301) ? 0x05 : undefined)),
    });
    const batch = await session.readGroup(0, never);
    expect([...batch.status]).toEqual([StatusCode.BadNodeIdUnknown, 0]);
    expect(batch.other.size).toBe(0);
    expect(batch.value[1]).toBe(1);
    const before = plc.requests.length;
    await session.readGroup(0, never);
    expect(plc.requests.slice(before).flatMap(asked)).toEqual([{ db: 1, start: 0, length: 2 }]);
  });

  it("has no more requests unanswered than the controller granted", async () => {
    const plan = planOf(Array.from({ length: 6 }, (_, i) => `DB${i + 1},S0.200`));
    const held: (() => void)[] = [];
    let most = 0;
    const { session, plc } = await bench(plan, {
      grant: setupReply(240, 2),
      read(request, socket) {
        held.push(
          () =>
            void socket.write(
              readReply(
                request,
                asked(request).map(({ length }) => Buffer.alloc(length)),
              ),
            ),
        );
        most = Math.max(most, held.length);
        if (held.length === 2 || plc.requests.length === 6)
          for (const answer of held.splice(0).reverse()) answer();
      },
    });
    const batch = await session.readGroup(0, never);
    expect([...batch.status]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(most).toBe(2);
  });

  it("leaves the asked-for pause between two requests", async () => {
    const plan = planOf(["DB1,S0.200", "DB2,S0.200"]);
    const { session, plc, clock } = await bench(plan, { read: serve(), options: { minGapMs: 20 } });
    const read = session.readGroup(0, never);
    await plc.requested(1);
    // The answer comes over the network; then the pause is all that is left to wait for.
    await expect.poll(() => clock.waiting).toBe(2);
    expect(plc.requests).toHaveLength(1);
    await clock.advance(20);
    await read;
    expect(plc.requests).toHaveLength(2);
  });

  it("keeps a paced scan that lasts longer than the request timeout", async () => {
    const plan = planOf(["DB1,S0.200", "DB2,S0.200"]);
    const { session, clock } = await bench(plan, {
      read: serve(),
      options: { minGapMs: 5000, requestTimeoutMs: 2000 },
    });
    const read = session.readGroup(0, never);
    await expect.poll(() => clock.waiting).toBe(2);
    await clock.advance(4999);
    await clock.advance(1);
    expect((await read).count).toBe(2);
  });

  it("reports PLC_TIMEOUT when an answer does not come, and is dead from then on", async () => {
    const { session, plc, clock } = await bench(planOf(["DB1,INT0"]), { read: () => undefined });
    const read = session.readGroup(0, never);
    const refused = expect(read).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      message: "press left a request unanswered for 2000 ms: the connection is given up",
    });
    await plc.requested(1);
    await clock.advance(1999);
    await clock.advance(1);
    await refused;
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PLC_TIMEOUT" });
    expect(plc.requests).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it("counts the request timeout from the last answer", async () => {
    const plan = planOf(["DB1,S0.200", "DB2,S0.200"]);
    const answers: (() => void)[] = [];
    const { session, plc, clock } = await bench(plan, {
      read(request, socket) {
        answers.push(() => serve()(request, socket));
      },
    });
    const read = session.readGroup(0, never);
    await plc.requested(1);
    await clock.advance(1500);
    answers[0]?.();
    await plc.requested(2);
    await clock.advance(1500);
    answers[1]?.();
    expect((await read).count).toBe(2);
  });

  it("drops the late answer to a read that was given up, and reads on", async () => {
    const answers: (() => void)[] = [];
    const { session, plc } = await bench(planOf(["DB1,INT0"]), {
      read(request, socket) {
        const value = Buffer.alloc(2, plc.requests.length);
        answers.push(() => void socket.write(readReply(request, [value])));
        if (plc.requests.length > 1) for (const answer of answers) answer();
      },
      grant: setupReply(240, 2),
    });
    const stop = new AbortController();
    const given = expect(session.readGroup(0, stop.signal)).rejects.toThrow("not needed");
    await plc.requested(1);
    stop.abort(new Error("not needed"));
    await given;
    expect((await session.readGroup(0, never)).value[0]).toBe(0x0202);
  });

  it("waits with the next request while the one slot is taken by a read that was given up", async () => {
    const answers: (() => void)[] = [];
    const { session, plc } = await bench(planOf(["DB1,INT0"]), {
      read: (request, socket) =>
        void answers.push(() => void socket.write(readReply(request, [Buffer.of(0, 9)]))),
    });
    const stop = new AbortController();
    const given = expect(session.readGroup(0, stop.signal)).rejects.toThrow("not needed");
    await plc.requested(1);
    stop.abort(new Error("not needed"));
    await given;
    const read = session.readGroup(0, never);
    answers[0]?.();
    await plc.requested(2);
    answers[1]?.();
    expect((await read).value[0]).toBe(9);
  });

  it("does not begin a read whose signal has aborted, nor one that aborts while it waits for its turn", async () => {
    const { session, plc } = await bench(planOf(["DB1,INT0"]), { read: () => undefined });
    await expect(session.readGroup(0, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    const stop = new AbortController();
    const first = expect(session.readGroup(0, stop.signal)).rejects.toThrow("enough");
    const second = expect(session.readGroup(0, stop.signal)).rejects.toThrow("enough");
    await plc.requested(1);
    stop.abort(new Error("enough"));
    await Promise.all([first, second]);
    expect(plc.requests).toHaveLength(1);
  });

  it.each<[string, string, Answer]>([
    ["garbage", "PDU_MALFORMED", (_, socket) => void socket.write("no S7 at all")],
    [
      "an oversized answer",
      "PDU_MALFORMED",
      (_, socket) => void socket.write(Buffer.from("0300ffff02f080", "hex")),
    ],
    [
      "an answer to nobody's request",
      "PDU_MALFORMED",
      (request, socket) => {
        request.writeUInt16BE(999, 11);
        socket.write(readReply(request, [Buffer.alloc(2)]));
      },
    ],
    [
      "another length than asked for",
      "PDU_MALFORMED",
      (request, socket) => void socket.write(readReply(request, [Buffer.alloc(4)])),
    ],
    [
      "more items than asked for",
      "PDU_MALFORMED",
      (request, socket) => void socket.write(readReply(request, [Buffer.alloc(2), Buffer.alloc(2)])),
    ],
    [
      "the same answer twice",
      "PDU_MALFORMED",
      (request, socket) => {
        const reply = readReply(request, [Buffer.alloc(2)]);
        socket.write(Buffer.concat([reply, reply]));
      },
    ],
    [
      "a disconnect request",
      "PLC_UNREACHABLE",
      (_, socket) => void socket.write(Buffer.from("0300000b06800000000100", "hex")),
    ],
    ["nothing but the end of the connection", "PLC_UNREACHABLE", (_, socket) => void socket.end()],
    ["a reset", "PLC_UNREACHABLE", (_, socket) => void socket.resetAndDestroy()],
    [
      "half an answer and the end",
      "PLC_UNREACHABLE",
      (request, socket) => void socket.end(readReply(request, [Buffer.alloc(2)]).subarray(0, 20)),
    ],
  ])("gives no value and reports %s as %s", async (what, code, read) => {
    const { session, clock } = await bench(planOf(["DB1,INT0"]), { read });
    if (what === "the same answer twice") {
      // The first answer is good; the second shows that the stream is out of step.
      await session.readGroup(0, never);
    }
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ code });
    expect(clock.waiting).toBe(0);
  });

  it("reports PDU_MALFORMED wherever an answer is cut off", async () => {
    for (const length of [8, 12, 18, 19, 20, 21, 23, 25, 26]) {
      const { session } = await bench(planOf(["DB1,INT0"]), {
        read(request, socket) {
          const reply = Buffer.from(readReply(request, [Buffer.alloc(2)]).subarray(0, length));
          reply.writeUInt16BE(length, 2);
          socket.write(reply);
        },
      });
      await expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PDU_MALFORMED" });
    }
  });

  it("reads an answer that COTP cut into several packets", async () => {
    const { session } = await bench(planOf(["DB1,INT2"]), {
      read(request, socket) {
        const pdu = readReply(request, [Buffer.of(2, 3)]).subarray(7);
        socket.write(Buffer.concat([part(pdu.subarray(0, 10), false), part(pdu.subarray(10), true)]));
      },
    });
    expect((await session.readGroup(0, never)).value[0]).toBe(0x0203);
  });

  it("numbers its requests one after the other", async () => {
    const { session, plc } = await bench(planOf(["DB1,INT2"]), { read: serve() });
    for (let i = 0; i < 5; i += 1) await session.readGroup(0, never);
    expect(plc.requests.map((request) => request.readUInt16BE(11))).toEqual([1, 2, 3, 4, 5]);
  });

  it("says goodbye, ends a read that waits, and answers nothing any more", async () => {
    const { session, plc } = await bench(planOf(["DB1,INT0"]), { read: () => undefined });
    const read = expect(session.readGroup(0, never)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      message: "the session with press is closed",
    });
    await plc.requested(1);
    await session.close();
    await read;
    await plc.ended;
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
    await session.close();
  });

  it("does not wait for ever for the other side's goodbye", async () => {
    const { session, clock, plc } = await bench(planOf(["DB1,INT0"]), {
      // Data without end keeps this side's stream from closing until it is destroyed.
      read: (_, socket) => void socket.pause(),
    });
    const read = expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
    await plc.requested(1);
    const closed = session.close();
    await clock.advance(500);
    await closed;
    await read;
    expect(clock.waiting).toBe(0);
  });
});

function part(bytes: Buffer, isLast: boolean): Buffer {
  const packet = Buffer.concat([Buffer.from([3, 0, 0, 0, 2, 0xf0, isLast ? 0x80 : 0]), bytes]);
  packet.writeUInt16BE(packet.length, 2);
  return packet;
}

describe("S7 waveform", () => {
  const plan = planOf(["DB2,INT0"], [["DB2,BYTE100.600", 600, "DB2,UINT2"]]);

  it("is read over as many requests as it needs", async () => {
    const { session, plc } = await bench(plan, { read: serve() });
    expect(await session.readSequence(0, never)).toBe(0x0203);
    const samples = await session.readBlock(0, never);
    expect(samples).toEqual(Float32Array.from({ length: 600 }, (_, i) => (100 + i) & 0xff));
    expect(plc.requests.slice(1).flatMap(asked)).toEqual([
      { db: 2, start: 100, length: 222 },
      { db: 2, start: 322, length: 222 },
      { db: 2, start: 544, length: 156 },
    ]);
  });

  it("reports DATA_INVALID with the device's reason, and the session lives on", async () => {
    const { session } = await bench(plan, { read: serve((item) => (item.start >= 2 ? 0x0a : undefined)) });
    const reason = "the data block or area does not exist";
    await expect(session.readSequence(0, never)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: `press refuses DB2,UINT2 of s/w0: ${reason}`,
    });
    await expect(session.readBlock(0, never)).rejects.toMatchObject({ code: "DATA_INVALID" });
    expect([...(await session.readGroup(0, never)).status]).toEqual([0]);
  });

  it("reports DATA_INVALID for samples and counters that are no numbers", async () => {
    const { session } = await bench(planOf([], [["DB2,REAL0.2", 2, "DB2,ULINT8"]]), {
      read(request, socket) {
        const items = asked(request).map(({ length }) => Buffer.alloc(length, 0xff));
        socket.write(readReply(request, items));
      },
    });
    await expect(session.readBlock(0, never)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: "press: sample 0 of DB2,REAL0.2 of s/w0 is no number",
    });
    await expect(session.readSequence(0, never)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: "press: DB2,ULINT8 of s/w0 holds no whole number that counts blocks",
    });
  });

  it("is a bug to ask for one that the plan does not have", async () => {
    const { session } = await bench(plan, { read: serve() });
    await expect(session.readBlock(7, never)).rejects.toThrow("waveform 7 of 1");
    await expect(session.readGroup(7, never)).rejects.toThrow("group 7 of 1");
  });
});

/** An answer that refuses the whole request. */
function errorReply(request: Buffer, code: number): Buffer {
  const answer = Buffer.from("0300001302f080320300000000000000000000", "hex");
  answer.writeUInt16BE(request.readUInt16BE(11), 11);
  answer.writeUInt16BE(code, 17);
  return answer;
}

const bytesAsked = (request: Buffer): number =>
  asked(request).reduce((bytes, { length }) => bytes + length, 0);

/** A controller that refuses requests for more than `most` bytes. */
const serveUpTo =
  (most: () => number): Answer =>
  (request, socket) => {
    if (bytesAsked(request) > most()) socket.write(errorReply(request, 0x8500));
    else serve()(request, socket);
  };

describe("limits of an S7 device", () => {
  const wide = planOf(["DB1,BYTE0.200", "DB1,INT300"]);

  it("are learnt: a request that is too long is halved in the same scan, and remembered over sessions", async () => {
    const { session, device, plc } = await bench(wide, { read: serveUpTo(() => 60) });
    const batch = await session.readGroup(0, never);
    expect([...batch.status]).toEqual([0, 0]);
    expect(batch.other.get(0)).toEqual(Array.from({ length: 200 }, (_, i) => i & 0xff));
    expect(plc.requests.map(bytesAsked)).toEqual([202, 100, 100, 2, 50, 50, 50, 50, 2]);
    expect(session.learnt).toEqual({ maxReadBytes: 50, jobsInFlight: 4 });
    expect(session.diagnosis).toBeUndefined();
    await session.close();
    const before = plc.requests.length;
    const next = await device.connect(never);
    open.unshift(next);
    await next.readGroup(0, never);
    expect(plc.requests.slice(before).map(bytesAsked)).toEqual([50, 50, 50, 50, 2]);
  });

  it("are taken from an earlier run, and grow again when the device allows", async () => {
    let most = 60;
    const { session, plc, clock } = await bench(wide, {
      read: serveUpTo(() => most),
      known: { maxReadBytes: 50 },
    });
    await session.readGroup(0, never);
    expect(plc.requests.map(bytesAsked)).toEqual([50, 50, 50, 50, 2]);
    most = 240;
    for (let scan = 0; scan < 4; scan += 1) {
      await clock.advance(60_000);
      await session.readGroup(0, never);
    }
    expect(plc.requests.slice(-1).map(bytesAsked)).toEqual([202]);
    expect(session.learnt).toEqual({ maxReadBytes: 222, jobsInFlight: 4 });
  });

  it("end at eight bytes: what is refused even then is bad, with its cause", async () => {
    const { session } = await bench(planOf(["DB1,DINT0"]), { read: serveUpTo(() => 2) });
    expect([...(await session.readGroup(0, never)).status]).toEqual([StatusCode.BadConfigurationError]);
    expect(session.diagnosis).toMatchObject({
      code: "S7_OVER_PDU",
      observed: expect.stringContaining("t0 DB1,DINT0: the request asks for more"),
    });
  });

  it("halve the block of a waveform too", async () => {
    const plan = planOf([], [["DB2,INT0.50", 50, "DB2,INT200"]]);
    const { session, plc } = await bench(plan, { read: serveUpTo(() => 60) });
    expect(await session.readBlock(0, never)).toHaveLength(50);
    expect(plc.requests.map(bytesAsked)).toEqual([100, 50, 50]);
  });

  it("keep requests at most as long as the options say", async () => {
    const { session, plc } = await bench(wide, { read: serve(), options: { maxReadBytes: 160 } });
    await session.readGroup(0, never);
    expect(plc.requests.map(bytesAsked)).toEqual([160, 42]);
  });

  const four = planOf(Array.from({ length: 4 }, (_, i) => `DB${i + 1},S0.200`));
  const grant = setupReply(240, 4);

  it.each([0x8304, 0x8503])(
    "leave one request in flight where the controller does not cope with more: %i",
    async (code) => {
      let unanswered: Buffer[] = [];
      const { session, plc } = await bench(four, {
        grant,
        read(request, socket) {
          unanswered.push(request);
          setImmediate(() => {
            for (const one of unanswered) {
              if (unanswered.length > 1) socket.write(errorReply(one, code));
              else serve()(one, socket);
            }
            unanswered = [];
          });
        },
      });
      expect([...(await session.readGroup(0, never)).status]).toEqual([0, 0, 0, 0]);
      expect(plc.requests).toHaveLength(8);
      expect(session.learnt).toEqual({ maxReadBytes: 222, jobsInFlight: 1 });
    },
  );

  it("say that a controller is overloaded with one request at a time", async () => {
    const { session } = await bench(planOf(["DB1,INT0"]), {
      read: (request, socket) => void socket.write(errorReply(request, 0x8304)),
    });
    expect([...(await session.readGroup(0, never)).status]).toEqual([StatusCode.BadDeviceFailure]);
    expect(session.diagnosis?.code).toBe("S7_OVERLOADED");
  });

  it("leave one request in flight in the next session where several were left unanswered", async () => {
    let inFlight = 0;
    let most = 0;
    let isStalling = true;
    const { session, device, plc, clock } = await bench(four, {
      grant,
      read(request, socket) {
        inFlight += 1;
        most = Math.max(most, inFlight);
        if (isStalling) return;
        setImmediate(() => {
          inFlight -= 1;
          serve()(request, socket);
        });
      },
    });
    const read = expect(session.readGroup(0, never)).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      message: "press left several requests at once unanswered for 2000 ms: the connection is given up",
      diagnosis: "S7_OVERLOADED",
    });
    await plc.requested(4);
    await clock.advance(2000);
    await read;
    isStalling = false;
    [inFlight, most] = [0, 0];
    const next = await device.connect(never);
    open.unshift(next);
    expect([...(await next.readGroup(0, never)).status]).toEqual([0, 0, 0, 0]);
    expect(most).toBe(1);
  });
});

describe("diagnosis of an S7 device", () => {
  it.each([
    [0x8104, "S7_PUT_GET_OFF"],
    [0xd241, "S7_PROTECTED"],
  ])("names the cause where every request is refused with %i", async (code, diagnosis) => {
    const { session } = await bench(planOf(["DB1,INT0"]), {
      read: (request, socket) => void socket.write(errorReply(request, code)),
    });
    await session.readGroup(0, never);
    expect(session.diagnosis?.code).toBe(diagnosis);
  });

  it.each([
    [0x0a, "S7_BLOCK_MISSING"],
    [0x05, "S7_BEYOND_BLOCK"],
  ])("names the tag and the cause where an item is refused with %i", async (code, diagnosis) => {
    const { session } = await bench(planOf(["DB1,INT0", "DB2,INT0"]), {
      read: serve((item) => (item.db === 2 ? code : undefined)),
    });
    await session.readGroup(0, never);
    expect(session.diagnosis).toMatchObject({
      code: diagnosis,
      observed: expect.stringContaining("t1 DB2,INT0: "),
    });
  });

  it("names none for a hardware fault, which has many causes", async () => {
    const { session } = await bench(planOf(["DB1,INT0"]), { read: serve(() => 0x01) });
    await session.readGroup(0, never);
    expect(session.diagnosis).toBeUndefined();
  });

  it.each<[string, string, Answer]>([
    ["LINK_LOST", "a reset", (_, socket) => void socket.resetAndDestroy()],
    [
      "LINK_LOST",
      "a disconnect request",
      (_, socket) => void socket.write(Buffer.from("0300000b06800000000100", "hex")),
    ],
    ["MALFORMED_ANSWER", "garbage", (_, socket) => void socket.write("no S7 at all")],
    [
      "MALFORMED_ANSWER",
      "an answer to nobody's request",
      (_, socket) => void socket.write(errorReply(Buffer.alloc(20, 9), 0)),
    ],
  ])("says %s of %s", async (diagnosis, _, read) => {
    const { session } = await bench(planOf(["DB1,INT0"]), { read });
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ diagnosis });
  });

  it("comes with the error of a waveform that is refused", async () => {
    const plan = planOf([], [["DB2,INT0.50", 50, "DB2,INT200"]]);
    const { session } = await bench(plan, { read: serve(() => 0x0a) });
    await expect(session.readBlock(0, never)).rejects.toMatchObject({
      code: "DATA_INVALID",
      diagnosis: "S7_BLOCK_MISSING",
    });
  });
});
