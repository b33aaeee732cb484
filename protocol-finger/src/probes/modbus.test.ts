import { describe, expect, it } from "vitest";
import { UMAS } from "../testing/answers.ts";
import { hex } from "../testing/malformed.ts";
import { modbusProbe } from "./modbus.ts";
import { isAllowed, play, type Reaction } from "./testing/scripted-visit.ts";

type Answers = Readonly<Record<string, Reaction>>;

/** Answers by unit and function ("01 2b0e0100"), with the transaction of the question. */
function device(answers: Answers) {
  return {
    react(frame: Buffer): Reaction {
      const asked = frame.toString("hex", 6);
      const reply = Object.entries(answers).find(([start]) =>
        asked.startsWith(start.replaceAll(" ", "")),
      )?.[1];
      return Buffer.isBuffer(reply) ? envelope(frame, reply) : reply;
    },
  };
}

/** @param reply unit and PDU */
function envelope(question: Buffer, reply: Buffer): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, reply.length]);
  question.copy(header, 0, 0, 2);
  return Buffer.concat([header, reply]);
}

function identity(unit: number, conformity: number, objects: readonly string[]): Buffer {
  const body = objects.flatMap((text, id) => [id, text.length, ...Buffer.from(text, "latin1")]);
  return Buffer.from([unit, 0x2b, 0x0e, 1, conformity, 0, 0, objects.length, ...body]);
}

const refusal = (unit: number, code: number, exception: number) =>
  Buffer.from([unit, code | 0x80, exception]);

describe("the Modbus probe", () => {
  it("knows a device that names itself after one frame", async () => {
    const played = await play(
      modbusProbe,
      device({ "01 2b0e01": identity(1, 1, ["Siemens AG", "PAC3200", "V2.1"]) }),
    );
    expect(played.facts).toMatchObject({
      "modbus.speaks": true,
      "modbus.fc43": "answer",
      "modbus.unit": 1,
      "modbus.echoesUnit": true,
      "modbus.latencyMs": 4,
      "modbus.vendor": "Siemens AG",
      "modbus.product": "PAC3200",
      "modbus.revision": "V2.1",
    });
    expect(played.sent).toEqual(["5301000000050" + "12b0e0100"]);
    expect(played).toMatchObject({ connections: 1, open: 0 });
  });

  it("asks Schneider's own question of Schneider's devices, three frames in all", async () => {
    const played = await play(
      modbusProbe,
      device({
        "01 2b0e01": identity(1, 2, ["Schneider Electric", "140 NOE 771 01", "V4.50"]),
        "01 2b0e02": identity(1, 2, ["Schneider Electric", "140 NOE 771 01", "V4.50", "", "Quantum"]),
        "00 5a0002": UMAS,
      }),
    );
    expect(played.facts).toMatchObject({ "modbus.cpu": "140 CPU 311 10", "modbus.productName": "Quantum" });
    expect(played.sent).toHaveLength(3);
  });

  it("never asks it of others", async () => {
    const played = await play(
      modbusProbe,
      device({ "01 2b0e01": refusal(1, 0x2b, 1), "01 03": hex("01 03 02 0001") }),
    );
    expect(played.sent.some((frame) => frame.includes("5a0002"))).toBe(false);
    const neighbour = await play(modbusProbe, {
      ...device({ "01 2b0e01": refusal(1, 0x2b, 1), "00 5a0002": UMAS }),
      facts: { "neighbour.mac": "00:00:54:12:34:56" },
    });
    expect(neighbour.facts["modbus.cpu"]).toBe("140 CPU 311 10");
  });

  it("takes the pattern of exceptions of a device without identification", async () => {
    const played = await play(
      modbusProbe,
      device({ "01 2b": refusal(1, 0x2b, 1), "01 03": refusal(1, 3, 2), "01 11": refusal(1, 0x11, 1) }),
    );
    expect(played.facts).toMatchObject({
      "modbus.fc43": "exception 1",
      "modbus.fc3": "exception 2",
      "modbus.fc17": "exception 1",
      "modbus.exceptionPattern": "43:01,3:02,17:01",
    });
    expect(played.sent).toHaveLength(4);
  });

  it("reads the name plate of a WAGO 750", async () => {
    const played = await play(
      modbusProbe,
      device({
        "01 2b": refusal(1, 0x2b, 1),
        "01 030000": hex("01 03 02 0000"),
        "01 11": refusal(1, 0x11, 1),
        "01 032011": hex("01 03 08 02ee 0371 0001 000d"),
      }),
    );
    expect(played.facts).toMatchObject({
      "modbus.plateSeries": 750,
      "modbus.plateItem": 881,
      "modbus.plateFirmware": "1.13",
    });
  });

  it("asks each of three units once where none answers, and one register of the first", async () => {
    const played = await play(modbusProbe, device({}));
    expect(played.facts).toEqual({
      "modbus.fc3": "silence",
      "modbus.fc43": "silence",
      "modbus.silentUnits": "1,255,0",
    });
    expect(played.sent.map((frame) => frame.slice(12))).toEqual([
      "012b0e0100",
      "010300000001",
      "ff2b0e0100",
      "002b0e0100",
    ]);
  });

  it("finds a device that answers on unit 0 alone", async () => {
    const played = await play(modbusProbe, device({ "00 2b": identity(0, 1, ["HUAWEI", "SUN2000", "V2"]) }));
    expect(played.facts).toMatchObject({ "modbus.unit": 0, "modbus.silentUnits": "1,255" });
  });

  it("asks the unit that answers for a register, not the one that kept silent", async () => {
    const played = await play(
      modbusProbe,
      device({
        "ff 2b": refusal(255, 0x2b, 1),
        "ff 03": hex("ff 03 02 0001"),
        "ff 11": refusal(255, 0x11, 1),
      }),
    );
    expect(played.facts).toMatchObject({ "modbus.unit": 255, "modbus.fc3": "answer" });
    expect(played.sent.map((frame) => frame.slice(12))).toEqual([
      "012b0e0100",
      "010300000001",
      "ff2b0e0100",
      "ff0300000001",
      "ff11",
      "ff0320110004",
    ]);
  });

  it("does not call a unit silent that keeps silent to one function", async () => {
    const played = await play(
      modbusProbe,
      device({ "01 03": hex("01 03 02 0001"), "01 11": hex("01 11 04 01ff 4142") }),
    );
    expect(played.facts).toMatchObject({
      "modbus.fc43": "silence",
      "modbus.fc3": "answer",
      "modbus.fc17": "answer",
      "modbus.serverId": "AB",
      "modbus.unit": 1,
    });
    expect(played.facts["modbus.silentUnits"]).toBeUndefined();
  });

  it("goes past the units that a gateway cannot reach", async () => {
    const played = await play(
      modbusProbe,
      device({
        "01 2b": refusal(1, 0x2b, 0x0b),
        "ff 2b": identity(255, 1, ["Lantronix", "WiPo", "V3.2.25"]),
      }),
    );
    expect(played.facts).toMatchObject({
      "modbus.deadUnits": "1",
      "modbus.unit": 255,
      "modbus.vendor": "Lantronix",
    });
    const dead = await play(
      modbusProbe,
      device({ "01": refusal(1, 0x2b, 0x0a), ff: refusal(255, 0x2b, 0x0a) }),
    );
    expect(dead.facts["modbus.unit"]).toBeUndefined();
    expect(dead.facts["modbus.deadUnits"]).toBe("1,255");
  });

  it("tells when the unit is not echoed", async () => {
    const played = await play(modbusProbe, device({ "01 2b": identity(0, 1, ["A", "B", "C"]) }));
    expect(played.facts["modbus.echoesUnit"]).toBe(false);
  });

  it("does not take a late answer for the one that it waits for", async () => {
    let first: Buffer | undefined;
    const played = await play(modbusProbe, {
      react(frame) {
        if (first === undefined) {
          first = envelope(frame, identity(1, 1, ["Late", "Late", "Late"]));
          return undefined;
        }
        return frame[7] === 3 ? Buffer.concat([first, envelope(frame, hex("01 03 02 0007"))]) : undefined;
      },
    });
    expect(played.facts).toMatchObject({ "modbus.fc3": "answer", "modbus.lateAnswers": 1 });
    expect(played.facts["modbus.vendor"]).toBeUndefined();
  });

  it("follows an identification that does not fit into one answer, once", async () => {
    const part = (next: number, id: number, text: string) =>
      Buffer.from([1, 0x2b, 0x0e, 1, 1, 0xff, next, 1, id, text.length, ...Buffer.from(text)]);
    const played = await play(
      modbusProbe,
      device({ "01 2b0e0100": part(1, 0, "V"), "01 2b0e0101": part(2, 1, "P") }),
    );
    expect(played.facts).toMatchObject({ "modbus.vendor": "V", "modbus.product": "P" });
    expect(played.sent).toHaveLength(2);
  });

  it.each([
    ["HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", "HTTP/1.1 400 Bad Request"],
    ["SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0-OpenSSH_9.6"],
  ])("notes text where Modbus should be: %j", async (text, line) => {
    const played = await play(modbusProbe, { react: () => Buffer.from(text) });
    expect(played.facts).toMatchObject({
      "modbus.fc43": "garbage",
      "modbus.text": line,
      "modbus.firstBytes": Buffer.from(text).toString("hex", 0, 16),
    });
    expect(played.facts["modbus.speaks"]).toBeUndefined();
    expect(played.sent).toHaveLength(1);
  });

  it("notes bytes that are neither Modbus nor text, and stops", async () => {
    const played = await play(modbusProbe, { react: () => hex("ffee0102 03040506") });
    expect(played.facts).toMatchObject({ "modbus.fc43": "garbage", "modbus.firstBytes": "ffee010203040506" });
    expect(played.facts["modbus.text"]).toBeUndefined();
    expect(played.sent).toHaveLength(1);
  });

  it.each(["closed", "reset"] as const)("stops at once where the connection is %s", async (how) => {
    const played = await play(modbusProbe, { react: () => how });
    expect(played.facts).toEqual({ "modbus.fc43": "closed" });
    expect(played.sent).toHaveLength(1);
    const later = await play(modbusProbe, device({ "01 2b": refusal(1, 0x2b, 1), "01 03": how }));
    expect(later.facts["modbus.fc3"]).toBe("closed");
    expect(later.sent).toHaveLength(2);
  });

  it("spends no more than it may, and nothing on a closed port", async () => {
    const poor = await play(modbusProbe, { react: () => undefined, frames: 2 });
    expect(poor.sent).toHaveLength(2);
    const closed = await play(modbusProbe, { react: () => undefined, refuse: () => true });
    expect(closed).toMatchObject({ sent: [], facts: {}, open: 0 });
  });

  it.each([
    ["a written register", "5301 0000 0006 01 06 0000 0001"],
    ["written registers", "5301 0000 0009 01 10 0000 0001 02 0001"],
    ["a coil", "5301 0000 0006 01 05 0000 ff00"],
    ["another register", "5301 0000 0006 01 03 0001 0001"],
    ["many registers", "5301 0000 0006 01 03 0000 007d"],
    ["a file record", "5301 0000 0005 01 2b 0e 04 00"],
    ["another request to a Modicon", "5301 0000 0005 00 5a 0040 00"],
    ["text", Buffer.from("GET / HTTP/1.0\r\n\r\n").toString("hex")],
  ])("has no rule that allows %s", (_name, frame) => {
    expect(isAllowed(modbusProbe, hex(frame))).toBe(false);
  });
});
