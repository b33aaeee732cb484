import { createServer } from "node:net";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { openConnection } from "./connect.ts";
import {
  type Answer,
  CONFIRM,
  type FakePlc,
  type FakePlcAnswers,
  setupReply,
  startFakePlc,
} from "./fake-plc.ts";
import { type S7Options, s7OptionsSchema } from "./options.ts";

const never = new AbortController().signal;
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(answers: FakePlcAnswers = {}): Promise<FakePlc> {
  const plc = await startFakePlc(answers);
  open.push(plc);
  return plc;
}

const optionsFor = (port: number, more: object = {}): S7Options =>
  s7OptionsSchema.parse({ host: "127.0.0.1", port, ...more });

async function connect(answers: FakePlcAnswers, more: object = {}) {
  const plc = await start(answers);
  const connection = await openConnection(optionsFor(plc.port, more), createManualClock(), never);
  open.push({ close: () => connection.socket.destroy() });
  return connection;
}

const say =
  (...parts: readonly (Buffer | string)[]): Answer =>
  (_, socket) => {
    for (const part of parts) socket.write(typeof part === "string" ? Buffer.from(part, "hex") : part);
  };

const changed = (packet: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(packet);
  copy[at] = value;
  return copy;
};

/** The packet without its end, its TPKT length made to fit. */
function cut(packet: Buffer, length: number): Buffer {
  const copy = Buffer.from(packet.subarray(0, length));
  copy.writeUInt16BE(length, 2);
  return copy;
}

const FAST_ACKNOWLEDGE = "0300000702f000";

describe("S7 connection", () => {
  it("asks for what the options say and takes what the controller grants", async () => {
    const seen: string[] = [];
    const connection = await connect(
      {
        confirm(packet, socket) {
          seen.push(packet.toString("hex"));
          socket.write(CONFIRM);
        },
        setup(packet, socket) {
          seen.push(packet.toString("hex"));
          socket.write(setupReply(240, 2));
        },
      },
      { rack: 0, slot: 2, pduSize: 480, jobsInFlight: 3 },
    );
    expect(connection).toMatchObject({ pduSize: 240, jobsInFlight: 2 });
    expect(seen).toEqual([
      "0300001611e00000000200c0010ac1020100c2020302",
      "0300001902f08032010000000000080000f0000003000301e0",
    ]);
  });

  it("does not take more than it asked for, and counts no granted job as one", async () => {
    const generous = await connect({ setup: say(setupReply(960, 8)) }, { pduSize: 240, jobsInFlight: 1 });
    expect(generous).toMatchObject({ pduSize: 240, jobsInFlight: 1 });
    const stingy = await connect({ setup: say(setupReply(240, 0)) });
    expect(stingy).toMatchObject({ pduSize: 240, jobsInFlight: 1 });
  });

  it("reads answers that arrive byte by byte", async () => {
    const drip =
      (packet: Buffer): Answer =>
      (_, socket) => {
        let at = 0;
        const next = (): void => {
          if (at < packet.length) socket.write(packet.subarray(at, ++at), () => setImmediate(next));
        };
        socket.setNoDelay(true);
        next();
      };
    const connection = await connect({ confirm: drip(CONFIRM), setup: drip(setupReply(240, 1)) });
    expect(connection.pduSize).toBe(240);
  });

  it("waits for the answer behind a fast acknowledgement", async () => {
    const connection = await connect({ setup: say(FAST_ACKNOWLEDGE, setupReply(240, 1)) });
    expect(connection.pduSize).toBe(240);
  });

  it.each([
    ["without a TPDU size, as conpot sends it", "030000130ed00002000100c1020100c2020302"],
    ["without any parameter", "0300000b06d00002000100"],
  ])("takes a confirmation %s", async (_, hex) => {
    expect(await connect({ confirm: say(hex) })).toMatchObject({ pduSize: 240 });
  });

  it("reports PLC_UNREACHABLE where nobody listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await new Promise((resolve) => server.close(resolve));
    await expect(openConnection(optionsFor(port), createManualClock(), never)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      message: `no connection to 127.0.0.1:${port}: ECONNREFUSED`,
      diagnosis: "PORT_CLOSED",
    });
  });

  it("reports PLC_UNREACHABLE when TCP takes longer than the connect timeout", async () => {
    const plc = await start();
    const clock = createManualClock();
    const attempt = openConnection(optionsFor(plc.port), clock, never);
    const refused = expect(attempt).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      message: `127.0.0.1:${plc.port} does not answer within 5000 ms: check address, cable and power`,
      diagnosis: "HOST_SILENT",
    });
    await clock.advance(5000);
    await refused;
  });

  it.each([
    ["confirm", "the ISO connection request", "S7_TSAP_REFUSED"],
    ["setup", "the S7 greeting", "S7_NO_SETUP_REPLY"],
  ] as const)("reports PLC_TIMEOUT when the controller leaves the %s out", async (part, what, diagnosis) => {
    const asked = Promise.withResolvers<void>();
    const plc = await start({ [part]: () => asked.resolve() });
    const clock = createManualClock();
    const attempt = openConnection(optionsFor(plc.port), clock, never);
    const refused = expect(attempt).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      message: `127.0.0.1:${plc.port} took the connection but left ${what} unanswered within 5000 ms`,
      diagnosis,
    });
    await asked.promise;
    await clock.advance(5000);
    await refused;
    expect(clock.waiting).toBe(0);
  });

  it.each([
    ["hangs up at the ISO request", { confirm: hangUp() }, "hung up: check rack and slot"],
    ["resets at the ISO request", { confirm: reset() }, "hung up: check rack and slot"],
    ["sends a disconnect request", { confirm: say("0300000b06800000000100") }, "refuses the ISO connection"],
    ["hangs up at the S7 greeting", { setup: hangUp() }, "hung up: it took the connection but not"],
    ["resets at the S7 greeting", { setup: reset() }, "hung up: it took the connection but not"],
    ["refuses the S7 greeting", { setup: say(changed(setupReply(240, 1), 17, 0x81)) }, "with error 0x8100"],
    ["speaks HTTP", { confirm: say(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")) }, "does not speak S7"],
    ["confirms with data", { confirm: say(setupReply(240, 1)) }, "is it an S7?"],
    ["announces an endless packet", { confirm: say("0300ffff11d0") }, "longer than the 967 agreed upon"],
    ["greets with a job", { setup: say(changed(setupReply(240, 1), 8, 1)) }, "is it an S7?"],
    ["greets with another service", { setup: say(changed(setupReply(240, 1), 19, 4)) }, "is it an S7?"],
    ["greets with other lengths", { setup: say(changed(setupReply(240, 1), 14, 9)) }, "is it an S7?"],
    ["greets with half a packet", { setup: say(changed(setupReply(240, 1), 6, 0)) }, "is it an S7?"],
    ["grants no PDU", { setup: say(setupReply(0, 1)) }, "offers a PDU of 0 bytes"],
    ["grants a negative PDU", { setup: say(setupReply(0xffff, 1)) }, "offers a PDU of 65535 bytes"],
  ])("reports PLC_REFUSED when the other side %s", async (_, answers, message) => {
    await expect(connect(answers)).rejects.toMatchObject({
      code: "PLC_REFUSED",
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ["S7_TSAP_REFUSED", { confirm: hangUp() }],
    ["S7_TSAP_REFUSED", { confirm: say("0300000b06800000000100") }],
    ["S7_NO_SETUP_REPLY", { setup: reset() }],
    ["S7_NO_SETUP_REPLY", { setup: say(changed(setupReply(240, 1), 17, 0x81)) }],
    ["S7_NO_SETUP_REPLY", { setup: say("0300000b06800000000100") }],
    ["NOT_A_CONTROLLER", { confirm: say(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")) }],
    ["MALFORMED_ANSWER", { setup: say(setupReply(0, 1)) }],
  ])("names %s as the cause", async (diagnosis, answers) => {
    await expect(connect(answers)).rejects.toMatchObject({ code: "PLC_REFUSED", diagnosis });
  });

  it("tells a controller without a free connection by its having taken one before", async () => {
    const plc = await start({ confirm: reset() });
    const options = { ...optionsFor(plc.port), hasConnected: true };
    await expect(openConnection(options, createManualClock(), never)).rejects.toMatchObject({
      code: "PLC_REFUSED",
      message: expect.stringContaining("so it has none left now"),
      diagnosis: "S7_NO_FREE_CONNECTION",
    });
  });

  it("reports PLC_REFUSED wherever the greetings are cut off", async () => {
    for (let length = 0; length < CONFIRM.length; length += 3) {
      if (length >= 4) await expect(connect({ confirm: say(cut(CONFIRM, length)) })).rejects.toThrow(/S7/);
    }
    const reply = setupReply(240, 1);
    for (let length = 8; length < reply.length; length += 3) {
      await expect(connect({ setup: say(cut(reply, length)) })).rejects.toThrow(/S7/);
    }
  });

  it("ends at once when the signal aborts, before or during the attempt", async () => {
    const asked = Promise.withResolvers<void>();
    const plc = await start({ confirm: () => asked.resolve() });
    const clock = createManualClock();
    const stop = new AbortController();
    const attempt = openConnection(optionsFor(plc.port), clock, stop.signal);
    const ended = expect(attempt).rejects.toThrow("enough");
    await asked.promise;
    stop.abort(new Error("enough"));
    await ended;
    await expect(openConnection(optionsFor(plc.port), clock, stop.signal)).rejects.toThrow("enough");
    expect(clock.waiting).toBe(0);
  });
});

function hangUp(): Answer {
  return (_, socket) => void socket.end();
}

function reset(): Answer {
  return (_, socket) => void socket.resetAndDestroy();
}
