import { describe, expect, it } from "vitest";
import type { FactValue } from "../../fingerprint.ts";
import { encodeAdu } from "../../wire/mbap.ts";
import { createOverhearing } from "../overhearing.ts";
import { captured, connection, ethernet, ipv4, PC, PLC, udp } from "../testing/build.ts";
import { EARS } from "./ears.ts";

/** Bytes from hex; blanks are for the reader. */
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const ask = (bytes: Buffer) => ({ isFromServer: false, bytes });
const say = (bytes: Buffer) => ({ isFromServer: true, bytes });

interface Heard {
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly counts: { readonly malformed: number; readonly frames: number };
}

function hear(packets: readonly ReturnType<typeof captured>[]): Heard {
  const overhearing = createOverhearing(EARS);
  for (const packet of packets) overhearing.take(packet);
  overhearing.end();
  const record = overhearing.hosts().find(({ host }) => host === PLC.host);
  const facts = Object.fromEntries([...(record?.facts.values() ?? [])].map(({ key, value }) => [key, value]));
  return { facts, counts: overhearing.counts };
}

const overTcp = (port: number, ...turns: { isFromServer: boolean; bytes: Buffer }[]) =>
  hear(connection(port, turns));

function overUdp(port: number, ...answers: Buffer[]): Heard {
  return hear(
    answers.map((bytes) => {
      const packet = ipv4({ source: PLC.host, target: PC.host, protocol: 17 }, udp(port, 50_000, bytes));
      return captured(ethernet(0x0800, packet));
    }),
  );
}

describe("S7", () => {
  // ITI/ICS-Security-Tools snap7_s300_everything.pcapng and s7comm_reading_plc_status.pcap.
  const request = hex("03000016 11e00000001400 c1020100 c2020102 c0010a");
  const confirm = hex("03000016 11d00014000300 c0010a c1020100 c2020102");
  const setup = hex("0300001b 02f080 3203 0000ffff 0008 0000 0000 f000 0001 0001 00f0");
  const modules = hex(
    `03000099 02f080 320700000100 000c 007c 000112081284010200000000 ff090078 0011 0000 001c 0004
     0001 36455337203331352d32454831342d3041423020 00c0 00030001
     0006 36455337203331352d32454831342d3041423020 00c0 00030001
     0007 2020202020202020202020202020202020202020 00c0 56030207
     0081 426f6f74204c6f61646572202020202020202020 0000 41200909`,
  );

  it("tells who a controller is by what a programming device asks it", () => {
    const { facts, counts } = overTcp(
      102,
      ask(request),
      say(confirm),
      ask(hex("0300001902f08032010000ffff00080000f0000001000101e0")),
      say(setup),
      say(modules),
    );
    expect(facts).toMatchObject({
      "cotp.ccOrder": "C0,C1,C2",
      "cotp.sourceRef": 3,
      "s7.tsap": 0x0102,
      "s7.protocol": "s7comm",
      "s7.speaks": true,
      "s7.pduSize": 240,
      "s7.amqCalled": 1,
      "s7.orderNumber": "6ES7 315-2EH14-0AB0",
      "s7.firmware": "V3.2.7",
    });
    expect(counts).toMatchObject({ malformed: 0 });
  });

  it("is known on another port by a connection request or its confirmation", () => {
    expect(overTcp(20_102, ask(request), say(confirm)).facts).toMatchObject({ "s7.tsap": 0x0102 });
    expect(overTcp(20_102, say(confirm)).facts).toMatchObject({ "cotp.ccOrder": "C0,C1,C2" });
    expect(overTcp(20_102, say(modules)).facts["s7.speaks"]).toBeUndefined();
  });

  it("puts a list together of its parts, and does not mix several", () => {
    // Index 7 of 0x001c, cut after the first word of the name.
    const name = Buffer.from("CPU 315-2 PN/DP".padEnd(32, "\0"), "latin1");
    const data = Buffer.concat([hex("001c 0000 0022 0001 0007"), name]);
    const part = (sequence: number, isLast: boolean, bytes: Buffer) => {
      const body = Buffer.concat([
        hex("000112081284 01"),
        Buffer.of(sequence, 1, isLast ? 0 : 1, 0, 0),
        hex("ff09"),
        Buffer.of(0, bytes.length),
        bytes,
      ]);
      const head = hex("0300000002f080 3207 0000 0001 000c 0000");
      const pdu = Buffer.concat([head, body]);
      pdu.writeUInt16BE(pdu.length, 2);
      pdu.writeUInt16BE(4 + bytes.length, 7 + 8);
      return pdu;
    };
    const other = Buffer.concat([hex("0131 0001 0028 0001 0001 00f0 0010 00b71b00"), Buffer.alloc(30)]);
    const { facts } = overTcp(
      102,
      say(part(2, false, data.subarray(0, 20))),
      say(part(3, false, other.subarray(0, 10))),
      say(part(2, true, data.subarray(20))),
      say(part(3, true, other.subarray(10))),
    );
    expect(facts).toMatchObject({
      "s7.moduleType": "CPU 315-2 PN/DP",
      "s7.szlFragmented": true,
      "s7.connections": 16,
      "s7.mostPduSize": 240,
    });
  });

  it("tells S7comm-plus apart, and what its session says of the device", () => {
    const identity = Buffer.from("....1;6ES7 211-1BE31-0XB0 ;V3.0....", "latin1");
    const packet = (pdu: Buffer) => {
      const bytes = Buffer.concat([hex("0300000002f080"), pdu]);
      bytes.writeUInt16BE(bytes.length, 2);
      return bytes;
    };
    const { facts } = overTcp(
      102,
      say(packet(Buffer.concat([hex("7201"), identity]))),
      say(packet(hex("7202000a"))),
    );
    expect(facts).toMatchObject({
      "s7.protocol": "s7comm-plus",
      "s7.orderNumber": "6ES7 211-1BE31-0XB0",
      "s7.firmware": "V3.0",
    });
    expect(facts["s7.speaks"]).toBeUndefined();
    expect(overTcp(102, say(packet(hex("0d0102030405")))).facts["s7.protocol"]).toBeUndefined();
  });

  it("survives refusals and what is no S7", () => {
    const refusal = hex("0300000b 06800014000003");
    expect(overTcp(102, ask(request), say(refusal)).counts.malformed).toBe(0);
    expect(overTcp(102, say(hex("0300000902f0803299"))).counts.malformed).toBe(1);
    expect(overTcp(102, say(Buffer.from("HTTP/1.1 400\r\n"))).counts.malformed).toBe(1);
  });
});

describe("Modbus", () => {
  const adu = (pdu: Buffer, transaction = 1) => encodeAdu({ transaction, unit: 1, pdu });

  it("tells who a device is by FC 43 and FC 17", () => {
    const identity = hex(
      `2b0e01010000020004${Buffer.from("Acme").toString("hex")}0102${Buffer.from("A7").toString("hex")}`,
    );
    expect(overTcp(502, say(adu(identity))).facts).toMatchObject({
      "modbus.vendor": "Acme",
      "modbus.product": "A7",
      "modbus.unit": 1,
    });
    expect(
      overTcp(502, say(adu(hex(`1106${Buffer.from("Pump 9").toString("hex")}`)))).facts["modbus.serverId"],
    ).toBe("Pump 9");
    expect(overTcp(502, say(adu(hex("ab01"))), say(adu(hex("9101")))).facts["modbus.speaks"]).toBe(true);
  });

  it("knows a Modicon by the answer to its own question, and by no other of function 90", () => {
    const name = Buffer.from("140 CPU 311 10", "latin1");
    const answer = Buffer.concat([hex("5a00fe"), Buffer.alloc(22), Buffer.of(name.length), name]);
    const asked = [ask(adu(hex("5a0002"), 7)), say(adu(answer, 7))];
    expect(overTcp(502, ...asked).facts["modbus.cpu"]).toBe("140 CPU 311 10");
    expect(overTcp(502, ask(adu(hex("5a0004"), 7)), say(adu(answer, 7))).facts["modbus.cpu"]).toBeUndefined();
    expect(
      overTcp(502, ask(adu(hex("5a0002"), 7)), say(adu(hex("da01"), 7))).facts["modbus.cpu"],
    ).toBeUndefined();
  });

  it("passes over the longer frames of function 90, and hears what follows", () => {
    // 255 bytes in ITI/ICS-Security-Tools modicon_test.pcap.
    const long = Buffer.concat([hex("000700000 0ff005a00fe"), Buffer.alloc(255 - 4)]);
    const { facts, counts } = overTcp(502, ask(long), say(long), say(adu(hex("0302002a"))));
    expect(counts).toMatchObject({ malformed: 0, frames: 3 });
    expect(facts["modbus.speaks"]).toBe(true);
  });
});

describe("OPC UA", () => {
  const acknowledge = hex("41434b46 1c000000 00000000 00200000 00200000 00000001 80000000");
  const hello = hex("48454c46 20000000 00000000 00000100 00000100 00000000 00000000 00000000");

  it("is known by its acknowledgement, on any port", () => {
    const expected = {
      "opcua.speaks": true,
      "opcua.receiveBytes": 8192,
      "opcua.mostMessageBytes": 16_777_216,
      "opcua.mostChunks": 128,
    };
    expect(overTcp(4840, ask(hello), say(acknowledge)).facts).toMatchObject(expected);
    expect(overTcp(12_001, ask(hello), say(acknowledge)).facts).toMatchObject(expected);
    expect(overTcp(12_001, say(acknowledge)).facts).toMatchObject(expected);
  });

  it("is not asked for more than it says in clear", () => {
    const message = Buffer.concat([
      hex("4d534746 30000000 01000000 01000000 02000000 02000000"),
      Buffer.alloc(24, 0xee),
    ]);
    const { facts, counts } = overTcp(4840, say(acknowledge), say(message));
    expect(counts.malformed).toBe(0);
    expect(facts["opcua.endpoints"]).toBeUndefined();
  });
});

describe("the others", () => {
  it("EtherNet/IP tells its identity", () => {
    // ITI/ICS-Security-Tools enip_test.pcap.
    const identity = hex(
      `6300 3300 00000000 00000000 c1debed100000000 00000000 0100 0c00 2d00 0100
       0002af12c0a80001 0000000000000000 0100 0c00 3a00 0403 3000 8e4d5200 0b ${Buffer.from("1756-ENBT/A").toString("hex")} 03`,
    );
    const expected = { "enip.speaks": true, "enip.productName": "1756-ENBT/A", "enip.revision": "4.3" };
    expect(overTcp(44_818, say(identity)).facts).toMatchObject(expected);
    expect(overUdp(44_818, identity).facts).toMatchObject(expected);
  });

  it("Omron FINS tells model and version", () => {
    const data = Buffer.alloc(92);
    data.write("CP1L-EL20DR-D", 0, "latin1");
    data.write("01.00", 20, "latin1");
    const answer = Buffer.concat([hex("c0000200630000 0000ef 0501 0000"), data]);
    const expected = { "fins.model": "CP1L-EL20DR-D", "fins.version": "01.00" };
    expect(overUdp(9600, answer, Buffer.from("noise")).facts).toMatchObject(expected);
    const framed = Buffer.concat([hex("46494e53 00000000 00000002 00000000"), answer]);
    framed.writeUInt32BE(framed.length - 8, 4);
    expect(overTcp(9600, say(framed)).facts).toMatchObject(expected);
  });

  it("BACnet tells a property of the device object, and nothing of other properties", () => {
    const value = (property: number, text: string) => {
      const characters = Buffer.concat([Buffer.of(0x75, text.length + 1, 0), Buffer.from(text, "latin1")]);
      const apdu = Buffer.concat([
        hex("30050c 0c 023fffff 19"),
        Buffer.of(property),
        hex("3e"),
        characters,
        hex("3f"),
      ]);
      const bytes = Buffer.concat([hex("810a0000 0100"), apdu]);
      bytes.writeUInt16BE(bytes.length, 2);
      return bytes;
    };
    const { facts } = overUdp(
      47_808,
      value(70, "MS-NAE4510-2"),
      value(28, "a description"),
      hex("810a0009 0100 500501"),
    );
    expect(facts).toEqual(expect.objectContaining({ "bacnet.speaks": true, "bacnet.model": "MS-NAE4510-2" }));
    expect(Object.keys(facts).filter((key) => key.startsWith("bacnet."))).toHaveLength(2);
  });

  it("Niagara Fox tells what its hello says", () => {
    const hello = Buffer.from("fox a 0 -1 fox hello\n{\nfox.version=s:1.0\nos.name=s:QNX\n};;\n", "latin1");
    expect(overTcp(1911, say(hello)).facts).toMatchObject({ "fox.speaks": true, "fox.osName": "QNX" });
  });

  it("HART-IP tells a gateway's identity", () => {
    const identity = hex("fe264e0507040108000000d2 05 05 0001 00 0026 0026 84");
    const token = Buffer.concat([
      hex("068000"),
      Buffer.of(identity.length + 2),
      hex("0000"),
      identity,
      hex("00"),
    ]);
    const message = Buffer.concat([hex("0101030000020000"), token]);
    message.writeUInt16BE(message.length, 6);
    const expected = { "hart-ip.deviceType": "264e", "hart-ip.hartRevision": 7 };
    expect(overTcp(5094, say(message)).facts).toMatchObject(expected);
    expect(overUdp(5094, message).facts).toMatchObject(expected);
  });

  it("IEC 104 is known by any frame of the standard", () => {
    for (const frame of ["680483000000", "680401000200", "680e000000000d010300010001000022"]) {
      expect(overTcp(2404, say(hex(frame))).facts["iec104.speaks"], frame).toBe(true);
    }
    expect(overTcp(2404, say(hex("6804ff000000"))).facts["iec104.speaks"]).toBeUndefined();
  });
});
