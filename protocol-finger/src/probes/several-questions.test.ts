import { describe, expect, it } from "vitest";
import { bacnetText, FINS, FINS_NODE, finsTcp, HART, PCWORX } from "../testing/answers.ts";
import { hex } from "../testing/malformed.ts";
import { bacnetProbe } from "./bacnet.ts";
import { finsProbe } from "./fins.ts";
import { hartIpProbe } from "./hart-ip.ts";
import { pcworxProbe } from "./pcworx.ts";
import { isAllowed, play, type Reaction } from "./testing/scripted-visit.ts";

/** Answers by the beginning of the frame. */
const answering =
  (answers: Readonly<Record<string, Reaction>>) =>
  (frame: Buffer): Reaction =>
    Object.entries(answers).find(([start]) => frame.toString("hex").startsWith(start))?.[1];

describe("the FINS probe", () => {
  const unit = { "fins.speaks": true, "fins.model": "CP1L-EL20DR-D", "fins.version": "01.00" };

  it("learns the model over UDP", async () => {
    const played = await play(finsProbe, { react: () => FINS });
    expect(played.facts).toEqual(unit);
    expect(played).toMatchObject({ sent: ["800002000000006300ef050100"], connections: 1, open: 0 });
  });

  it("asks over TCP where UDP is silent", async () => {
    const react = answering({ "46494e530000000c": FINS_NODE, "46494e5300000015": finsTcp(FINS) });
    const played = await play(finsProbe, { react });
    expect(played.facts).toMatchObject(unit);
    expect(played.sent[2]).toBe("46494e5300000015000000020000000080000200c8000000ef05050100");
    expect(played).toMatchObject({ connections: 2, open: 0 });
  });

  it("stops where the controller gives no node", async () => {
    const react = answering({
      "46494e530000000c": hex("46494e53 00000010 00000001 00000021 00000000 00000000"),
    });
    const played = await play(finsProbe, { react });
    expect(played.facts).toEqual({ "fins.answer": "garbage" });
    expect(played.sent).toHaveLength(2);
    const poor = await play(finsProbe, { react, frames: 2 });
    expect(poor.sent).toHaveLength(1);
  });

  it("notes an end code", async () => {
    const played = await play(finsProbe, { react: () => hex("c000020063000000 00ef 0501 0401") });
    expect(played.facts).toEqual({ "fins.speaks": true, "fins.endCode": "0401" });
  });
});

describe("the BACnet probe", () => {
  const properties = {
    "810a001101040005010c0c023fffff1979": bacnetText(121, "JCI"),
    "810a001101040005010c0c023fffff1946": bacnetText(70, "MS-NAE4510-2"),
    "810a001101040005010c0c023fffff192c": bacnetText(44, "5.1.0.4400"),
    "810a001101040005010c0c023fffff190c": bacnetText(12, ""),
  };

  it("reads four properties of the device", async () => {
    const played = await play(bacnetProbe, { react: answering(properties) });
    expect(played.facts).toEqual({
      "bacnet.speaks": true,
      "bacnet.vendor": "JCI",
      "bacnet.model": "MS-NAE4510-2",
      "bacnet.firmware": "5.1.0.4400",
    });
    expect(played.sent).toEqual(Object.keys(properties));
  });

  it("goes on after a refusal and stops at silence", async () => {
    const refusing = hex("810a000d 0100 50010c 9102 9120");
    const react = answering({
      ...properties,
      "810a001101040005010c0c023fffff1979": refusing,
      "810a001101040005010c0c023fffff192c": undefined,
    });
    const played = await play(bacnetProbe, { react });
    expect(played.facts).toMatchObject({
      "bacnet.vendorRefused": "error",
      "bacnet.model": "MS-NAE4510-2",
      "bacnet.answer": "silence",
    });
    expect(played.sent).toHaveLength(3);
  });
});

describe("the PC WORX probe", () => {
  const react = answering({ "0101": PCWORX.hello, "0105": PCWORX.session, "0106": PCWORX.identity });

  it("learns model, order number and firmware with three frames", async () => {
    const played = await play(pcworxProbe, { react });
    expect(played.facts).toEqual({
      "pcworx.speaks": true,
      "pcworx.model": "ILC 151 ETH",
      "pcworx.orderNumber": "2700974",
      "pcworx.firmware": "4.41",
      "pcworx.firmwareDate": "09/28/15",
    });
    expect(played.sent).toHaveLength(3);
  });

  it("begins nothing that it cannot end, and stops at silence", async () => {
    expect((await play(pcworxProbe, { react, frames: 2 })).sent).toEqual([]);
    expect((await play(pcworxProbe, { react: answering({ "0101": PCWORX.hello }) })).sent).toHaveLength(2);
    expect((await play(pcworxProbe, { react: () => undefined })).sent).toHaveLength(1);
  });
});

describe("the HART-IP probe", () => {
  const react = answering({ "010000": HART.open, "010003": HART.identity, "010001": HART.close });
  const identity = {
    "hart-ip.speaks": true,
    "hart-ip.deviceType": "264e",
    "hart-ip.manufacturerId": 0x26,
    "hart-ip.hartRevision": 7,
    "hart-ip.deviceRevision": 4,
    "hart-ip.softwareRevision": 1,
    "hart-ip.hardwareRevision": 1,
    "hart-ip.serial": "0000d2",
    "hart-ip.deviceProfile": 0x84,
  };

  it("opens a session, asks, and closes it", async () => {
    const played = await play(hartIpProbe, { react });
    expect(played.facts).toEqual(identity);
    expect(played.sent).toEqual([
      "010000000001000d0100004e20",
      "010003000002000d0200000002",
      "0100010000030008",
    ]);
  });

  it("goes over UDP where TCP is closed", async () => {
    const played = await play(hartIpProbe, { react, refuse: (_protocol, transport) => transport === "tcp" });
    expect(played.facts).toEqual(identity);
    expect(played).toMatchObject({ connections: 2, open: 0 });
  });

  it("closes the session where the device does not tell who it is", async () => {
    const mute = answering({ "010000": HART.open, "010001": HART.close });
    const played = await play(hartIpProbe, { react: mute });
    expect(played.sent).toHaveLength(3);
    expect((await play(hartIpProbe, { react, frames: 2 })).sent).toEqual([]);
    expect((await play(hartIpProbe, { react: () => undefined })).sent).toHaveLength(1);
  });
});

describe("what these probes may send", () => {
  it.each([
    ["a FINS memory write", finsProbe, "800002000000006300ef010282000000000100ff"],
    ["a FINS stop", finsProbe, "800002000000006300ef0402ffff"],
    ["BACnet WriteProperty", bacnetProbe, "810a001601040005010f0c023fffff19793e2105" + "3f"],
    ["BACnet ReinitializeDevice", bacnetProbe, "810a000c010400050114" + "0900"],
    ["another PC WORX service", pcworxProbe, "0107000e00020000000000004c00"],
    ["HART command 6", hartIpProbe, "010003000002000e0200060101" + "04"],
  ] as const)("is not %s", (_name, probe, frame) => {
    expect(isAllowed(probe, hex(frame))).toBe(false);
  });
});
