import { describe, expect, it } from "vitest";
import { hex } from "../testing/malformed.ts";
import type { Probe } from "./probe.ts";
import { s7Probe } from "./s7.ts";
import { CC_OF_A_CPU, identityOf, namesOf, type S7Traits, scriptedS7 } from "./testing/scripted-s7.ts";
import { isAllowed, type Played, play, type Reaction, type Script } from "./testing/scripted-visit.ts";

const run = (traits: S7Traits = {}, script: Partial<Script> = {}): Promise<Played> =>
  play(s7Probe, { ...scriptedS7(traits), ...script });

/** For a visitor that wants to know everything. */
const thorough: Probe = {
  ...s7Probe,
  run: (visit, signal) => s7Probe.run({ ...visit, thorough: true }, signal),
};

/** What was asked for, in order: the parts of each frame that tell. */
const asked = ({ sent }: Played): string[] =>
  sent.map((frame) => {
    const bytes = Buffer.from(frame, "hex");
    if (bytes[5] === 0xe0) return `CR ${bytes.toString("hex", 17, 19)}`;
    if (bytes[8] === 1) return bytes[17] === 0xf0 ? "setup" : "read";
    return bytes[14] === 8 ? `SZL ${bytes.toString("hex", 29, 31)}` : "go on";
  });

const KNOWN_GOOD = ["CR 0302", "setup", "SZL 0011", "SZL 001c", "go on", "SZL 0131"];

describe("the S7 probe", () => {
  it("knows an S7-300 after six frames, with a list that comes in fragments", async () => {
    const played = await run();
    expect(asked(played)).toEqual(KNOWN_GOOD);
    expect(played).toMatchObject({ connections: 1, open: 0 });
    expect(played.facts).toEqual({
      "cotp.ccOrder": "C0,C1,C2",
      "cotp.sourceRef": 3,
      "cotp.tpduSize": 1024,
      "s7.tsap": 0x0302,
      "s7.protocol": "s7comm",
      "s7.speaks": true,
      "s7.pduSize": 240,
      "s7.amqCalling": 1,
      "s7.amqCalled": 1,
      "s7.orderNumber": "6ES7 315-2EH14-0AB0",
      "s7.firmware": "V3.2.7",
      "s7.stationName": "S7300/ET200M station_1",
      "s7.moduleName": "PLC_1",
      "s7.copyright": "Original Siemens Equipment",
      "s7.serial": "S C-B1U393142011",
      "s7.moduleType": "CPU 315-2 PN/DP",
      "s7.szlFragmented": true,
      "s7.connections": 16,
      "s7.mostPduSize": 240,
      "s7.jobLatencyMs": 4,
    });
  });

  it("reads V2.6.1 of index 7, and no version where that is missing", async () => {
    const old = await run({ lists: { "0011": identityOf("6ES7 315-2EH13-0AB0", "56020601") } });
    expect(old.facts).toMatchObject({ "s7.orderNumber": "6ES7 315-2EH13-0AB0", "s7.firmware": "V2.6.1" });
    const without = identityOf("6ES7 315-2EH13-0AB0", "56020601");
    // Index 7 becomes 8; the boot loader's version is still there.
    without[65] = 8;
    expect((await run({ lists: { "0011": without } })).facts["s7.firmware"]).toBeUndefined();
  });

  it("asks an S7-1500 whether it lets itself be read, and its mode in the frame that is left", async () => {
    const played = await run({
      pduSize: 480,
      lists: { "0011": identityOf("6ES7 511-1AK02-0AB0", "56020804") },
    });
    expect(asked(played)).toEqual(["CR 0302", "setup", "SZL 0011", "SZL 001c", "read", "SZL 0424"]);
    expect(played.facts).toMatchObject({
      "s7.pduSize": 480,
      "s7.szlFragmented": false,
      "s7.firmware": "V2.8.4",
      "s7.readable": true,
      "s7.cpuState": "RUN",
    });
  });

  it("notes that PUT/GET is off", async () => {
    const played = await run({ lists: { "0011": identityOf("6ES7 214-1AG40-0XB0") }, read: 0x8104 });
    expect(asked(played)).toContain("read");
    expect(played.facts).toMatchObject({ "s7.readable": false, "s7.readRefused": 0x8104 });
    const refusal = played.noted.find(({ key }) => key === "s7.readRefused");
    expect(refusal?.observed).toContain("permit PUT/GET");
    expect(refusal?.observed).toContain("(0x8104)");
  });

  it("notes an item that is refused", async () => {
    const played = await run({ lists: { "0011": identityOf("6ES7 214-1AG40-0XB0") }, read: "0401 03000000" });
    expect(played.facts).toMatchObject({ "s7.readable": false, "s7.readRefused": 0x03 });
  });

  it("asks for everything where the visitor wants to know everything", async () => {
    const played = await play(thorough, scriptedS7());
    expect(asked(played)).toEqual([...KNOWN_GOOD, "SZL 0132", "SZL 0424", "read", "SZL 0131"]);
    expect(played.facts).toMatchObject({
      "s7.protectionLevel": 1,
      "s7.cpuState": "RUN",
      "s7.readable": true,
      "s7.consistentBytes": 240,
    });
  });

  it("goes on without what the controller does not have, and tells so", async () => {
    const played = await run({ lists: { "0011": 0xd402, "001c": 0xd402, "0131": 0xd402, "0424": 0xd402 } });
    expect(asked(played)).toEqual(["CR 0302", "setup", "SZL 0011", "SZL 001c", "read", "SZL 0131"]);
    expect(played.facts).toMatchObject({ "s7.szlRefused": 0xd402, "s7.readable": true });
    expect(played.facts["s7.orderNumber"]).toBeUndefined();
  });

  it("does not ask a LOGO! for lists where that is known, and notes who hangs up at them", async () => {
    const known = await run({}, { facts: { "s7.orderNumber": "6ED1 052-1CC08-0BA0" } });
    expect(asked(known)).toEqual(["CR 0302", "setup", "read"]);
    const shy = await run({ lists: { "0011": "closed" } });
    expect(asked(shy)).toEqual(["CR 0302", "setup", "SZL 0011"]);
    expect(shy.facts).toMatchObject({ "s7.szlEnded": "closed", "s7.speaks": true });
    expect(shy.open).toBe(0);
  });

  it("notes what came of a list when the frames are spent", async () => {
    const played = await run({}, { frames: 4 });
    expect(asked(played)).toEqual(["CR 0302", "setup", "SZL 0011", "SZL 001c"]);
    expect(played.facts).toMatchObject({ "s7.serial": "S C-B1U393142011" });
  });

  it.each([0, 1, 2, 3, 5])("leaves the line closed after %i frames too", async (frames) => {
    const played = await run({}, { frames });
    expect(played.sent).toHaveLength(frames);
    expect(played.open).toBe(0);
  });

  it("tells a list that was cut off from one that came whole", async () => {
    const cut = namesOf({ 1: "snap7", 2: "CPU", 3: "", 4: "Original" }).subarray(0, 100);
    const played = await run({ lists: { "001c": cut } });
    expect(played.facts).toMatchObject({ "s7.stationName": "snap7", "s7.moduleName": "CPU" });
    expect(played.facts["s7.copyright"]).toBeUndefined();
    expect(played.facts["s7.szlTruncated"]).toBe(true);
  });

  it("notes records of another length than CPUs have, as python-snap7's server sends them", async () => {
    const record = `0001${Buffer.from("6ES7 315-2EH14-0AB0").toString("hex")}00 00030300`;
    const played = await run({ lists: { "0011": hex(`0011 0000 001a 0001 ${record}`) } });
    expect(played.facts).toMatchObject({ "s7.szlMalformed": true, "s7.orderNumber": "6ES7 315-2EH14-0AB0" });
    expect(played.facts["s7.firmware"]).toBeUndefined();
  });

  it("notes a list that is no such list, and goes on", async () => {
    const played = await run({ lists: { "0011": hex("0011 0000 0004 0001 00010000") } });
    expect(played.facts).toMatchObject({ "s7.szlMalformed": true, "s7.readable": true });
  });
});

describe("the S7 probe's search for a TSAP", () => {
  const only =
    (tsap: number) =>
    (asked: number): Reaction =>
      asked === tsap ? CC_OF_A_CPU : "reset";

  it("tries the slots of CPUs one after the other, a connection each", async () => {
    const played = await run({ confirm: only(0x0303) });
    expect(asked(played).slice(0, 4)).toEqual(["CR 0302", "CR 0300", "CR 0303", "setup"]);
    expect(played.facts).toMatchObject({ "s7.tsap": 0x0303, "cotp.refusal": "reset", "s7.speaks": true });
    expect(played).toMatchObject({ connections: 3, open: 0 });
  });

  it("gives up within what may be spent, and notes what was refused", async () => {
    const played = await run({ confirm: () => "closed" }, { connections: 3 });
    expect(asked(played)).toEqual(["CR 0302", "CR 0300", "CR 0303"]);
    expect(played.facts).toEqual({ "cotp.refusal": "fin", "s7.refusedTsaps": "03.02,03.00,03.03" });
    expect(played.open).toBe(0);
  });

  it("understands a disconnect request", async () => {
    const played = await run({ confirm: () => hex("0300000b 06 80 0014 0000 03") }, { connections: 1 });
    expect(played.facts).toEqual({ "cotp.refusal": "disconnect", "s7.refusedTsaps": "03.02" });
  });

  it("asks twice where nothing is said, and no more", async () => {
    const played = await run({ confirm: () => undefined });
    expect(asked(played)).toEqual(["CR 0302", "CR 0300"]);
    expect(played.facts).toMatchObject({ "cotp.refusal": "silence" });
  });

  it("stops where something else listens", async () => {
    const played = await run({ confirm: () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n") });
    expect(asked(played)).toEqual(["CR 0302"]);
    expect(played.facts).toEqual({
      "s7.firstBytes": Buffer.from("HTTP/1.1 400 Bad").toString("hex"),
      "s7.text": "HTTP/1.1 400 Bad Request",
    });
  });

  it("stops where half an answer comes", async () => {
    const played = await run({ confirm: () => CC_OF_A_CPU.subarray(0, 10) });
    expect(asked(played)).toEqual(["CR 0302"]);
    expect(played.facts["s7.firstBytes"]).toBe("0300001611d000140003");
  });

  it("sends nothing where the port is closed", async () => {
    const played = await run({}, { refuse: () => true });
    expect(played.sent).toEqual([]);
    expect(played.facts).toEqual({});
  });

  it("notes a confirmation in the order of the request, and one without a TPDU size", async () => {
    const echo = await run({ confirm: () => hex("03000016 11 d0 0014 0001 00 c1020100 c2020302 c0010a") });
    expect(echo.facts).toMatchObject({ "cotp.ccOrder": "C1,C2,C0", "cotp.sourceRef": 1 });
    const conpot = await run({ confirm: () => hex("03000013 0e d0 0014 0001 00 c1020100 c2020302") });
    expect(conpot.facts["cotp.ccOrder"]).toBe("C1,C2");
    expect(conpot.facts["cotp.tpduSize"]).toBeUndefined();
  });
});

describe("the S7 probe's greeting", () => {
  it.each<[string, S7Traits["setup"], object]>([
    ["hangs up", "closed", { "s7.setup": "closed" }],
    ["says nothing", undefined, { "s7.setup": "silence" }],
    [
      "refuses",
      hex("03000013 02f080 3203 0000 0001 0000 0000 8104"),
      { "s7.setup": "0x8104", "s7.speaks": true, "s7.protocol": "s7comm" },
    ],
    [
      "speaks S7comm-plus only",
      hex("0300000b 02f080 72010000"),
      { "s7.setup": "other", "s7.protocol": "s7comm-plus" },
    ],
    ["speaks MMS", hex("0300000b 02f080 19021103"), { "s7.setup": "other", "s7.protocol": "mms" }],
    ["speaks something else", hex("03000009 02f080 aaaa"), { "s7.setup": "other", "s7.protocol": "unknown" }],
    ["takes its leave", hex("0300000b 06 80 0014 0000 00"), { "s7.setup": "other" }],
    ["turns to text", Buffer.from("what do you want\r\n"), { "s7.text": "what do you want" }],
  ])("notes a device that %s", async (_, setup, facts) => {
    const played = await run({ setup });
    expect(asked(played)).toEqual(["CR 0302", "setup"]);
    expect(played.facts).toMatchObject(facts);
    expect(played.open).toBe(0);
  });
});

describe("the frames of the S7 probe", () => {
  it("are all sent, byte for byte as their rules have them", async () => {
    const { sent } = await play(thorough, scriptedS7());
    for (const rule of s7Probe.frames) {
      const rules = { ...s7Probe, frames: [rule] };
      const matching = sent.filter((frame) => isAllowed(rules, Buffer.from(frame, "hex")));
      expect(matching, rule.name).toHaveLength(1);
    }
    expect(sent).toHaveLength(s7Probe.frames.length);
  });

  it.each([
    [
      "a write (05)",
      "03000024 02f080 3201 0000 0001 000e 0005 05 01 120a1002 0001 0000 83 000000 0004000801",
    ],
    ["a stop (29)", "03000021 02f080 3201 0000 0001 0010 0000 29 0000000000 09 505f50524f4752414d"],
    [
      "a start (28)",
      "03000025 02f080 3201 0000 0001 0014 0000 28 00000000000000fd 0000 09 505f50524f4752414d",
    ],
    [
      "a password (group 5)",
      "03000025 02f080 3207 0000 0001 0008 000c 00011204 114501 00 ff090008 213a1b1d6e681b1d",
    ],
    [
      "a clock that is set (group 7, 2)",
      "03000027 02f080 3207 0000 0001 0008 000e 00011204 114702 00 ff09000a 00191602082308100002",
    ],
    ["another list", "03000021 02f080 3207 0000 0001 0008 0008 00011204 114401 00 ff090004 0013 0000"],
    ["another area", "0300001f 02f080 3201 0000 0001 000e 0000 04 01 120a1002 0001 0001 84 000000"],
    ["a frame that goes on", "03000019 02f080 3201 0000 0001 0008 0000 f000 0001 0001 01e0 00"],
    ["half a frame", "03000019 02f080 3201"],
  ])("are not %s", (_, frame) => {
    expect(isAllowed(s7Probe, hex(frame))).toBe(false);
  });
});
