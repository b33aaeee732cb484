import { describe, expect, it } from "vitest";
import { ADS, CODESYS, ENIP_REFUSAL, enipAnswer, FOX, PROCONOS } from "../testing/answers.ts";
import { hex } from "../testing/malformed.ts";
import { crc } from "../wire/dnp3.ts";
import { adsProbe } from "./ads.ts";
import { codesysProbe } from "./codesys.ts";
import { dnp3Probe } from "./dnp3.ts";
import { enipProbe } from "./enip.ts";
import { foxProbe } from "./fox.ts";
import { iec104Probe } from "./iec104.ts";
import { proconosProbe } from "./proconos.ts";
import { isAllowed, play } from "./testing/scripted-visit.ts";

function linkStatus(): Buffer {
  const frame = hex("0564 05 0b 0100 0a00 0000");
  frame.writeUInt16LE(crc(frame.subarray(0, 8)), 8);
  return frame;
}

const CASES = [
  {
    probe: enipProbe,
    answer: enipAnswer(),
    facts: {
      "enip.productName": "1756-ENBT/A",
      "enip.vendorId": 1,
      "enip.deviceType": 12,
      "enip.productCode": 58,
      "enip.revision": "4.3",
      "enip.serial": "00524d8e",
      "enip.status": 0x30,
    },
  },
  { probe: iec104Probe, answer: hex("680483000000"), facts: {} },
  {
    probe: foxProbe,
    answer: FOX,
    facts: {
      "fox.version": "1.0",
      "fox.appName": "Station",
      "fox.appVersion": "3.5.41.1",
      "fox.osName": "QNX",
      "fox.brand": "vykon",
      "fox.hostId": "Qnx-NPM6-0000-0000-0000",
    },
  },
  {
    probe: adsProbe,
    answer: ADS,
    facts: {
      "ads.netId": "5.35.18.112.1.1",
      "ads.host": "CX-123456",
      "ads.twincat": "3.1.4024",
      "ads.os": "Windows NT 10.0.19045",
    },
  },
  { probe: dnp3Probe, answer: linkStatus(), facts: { "dnp3.address": 10, "dnp3.linkStatus": true } },
  {
    probe: proconosProbe,
    answer: PROCONOS,
    facts: {
      "proconos.runtime": "ProConOS V3.0.1040 Oct 29 2002",
      "proconos.type": "ADAM5510KW 1.24 Build 005",
      "proconos.project": "510-projec",
    },
  },
  {
    probe: codesysProbe,
    answer: CODESYS,
    facts: { "codesys.os": "Nucleus PLUS", "codesys.product": "WAGO 750-841 PFC ETHERNET" },
  },
] as const;

describe.each(CASES)("the probe for $probe.protocol", ({ probe, answer, facts }) => {
  const { protocol } = probe;

  it("learns who is there with one frame", async () => {
    const played = await play(probe, { react: () => answer });
    expect(played.facts).toMatchObject({ ...facts, [`${protocol}.speaks`]: true });
    expect(played).toMatchObject({ connections: 1, open: 0 });
    expect(played.sent).toHaveLength(1);
    for (const fact of played.noted) expect(fact).toMatchObject({ probe: protocol });
  });

  it.each([
    ["silence", undefined, "silence"],
    ["the end of the connection", "closed", "closed"],
    ["a web page", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), "garbage"],
    ["half an answer", answer.subarray(0, answer.length - 1), "garbage"],
    ["its own words", "echo", "garbage"],
  ] as const)("is not misled by %s", async (_name, reaction, fact) => {
    const played = await play(probe, { react: (frame) => (reaction === "echo" ? frame : reaction) });
    expect(played.facts).toEqual({ [`${protocol}.answer`]: fact });
    expect(played.sent).toHaveLength(1);
    expect(played.open).toBe(0);
  });

  it("sends nothing without a connection or without frames", async () => {
    const closed = await play(probe, { react: () => answer, refuse: () => true });
    expect(closed).toMatchObject({ facts: {}, sent: [], open: 0 });
    const poor = await play(probe, { react: () => answer, frames: 0 });
    expect(poor).toMatchObject({ facts: {}, sent: [], open: 0 });
  });
});

describe("what the probes may send", () => {
  it("notes a module that knows no ListIdentity", async () => {
    const played = await play(enipProbe, { react: () => ENIP_REFUSAL });
    expect(played.facts).toEqual({ "enip.speaks": true, "enip.refusal": 1 });
  });

  it.each([
    ["EtherNet/IP RegisterSession", enipProbe, "65000400000000000000000000000000000000000000000001000000"],
    ["EtherNet/IP SendRRData", enipProbe, "6f000000000000000000000000000000c1debed100000000"],
    ["IEC 104 STARTDT", iec104Probe, "680407000000"],
    ["IEC 104 interrogation", iec104Probe, "680e0000000064010600ffff00000014"],
    ["a Fox login", foxProbe, Buffer.from("fox a 1 -1 fox login\n{\n};;\n").toString("hex")],
    ["a new ADS route", adsProbe, "036614710000000006000000c00002010101102700000000"],
    ["a DNP3 reset of the link", dnp3Probe, "056405c0fcff01000000"],
    ["a ProConOS stop", proconosProbe, "cc01000640050000361e"],
    ["another CODESYS service", codesysProbe, "bbbb0100000002"],
  ] as const)("is not %s", (_name, probe, frame) => {
    expect(isAllowed(probe, hex(frame))).toBe(false);
  });
});
