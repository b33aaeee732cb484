import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSzlList, type SzlList } from "./s7-szl-list.ts";
import {
  communicationLimits,
  componentNames,
  consistentBytes,
  cpuState,
  moduleIdentity,
  protection,
} from "./s7-szl-records.ts";
import { WireError } from "./wire-error.ts";

const list = (hex: string): SzlList => decodeSzlList(Buffer.from(hex.replaceAll(" ", ""), "hex"));

// ITI/ICS-Security-Tools: snap7_s300_everything.pcapng (CPU 315-2EH14, V3.2.7).
const IDENTITY = `0011 0000 001c 0004
  0001 364553372033 31352d32454831342d304142302000c000030001
  0006 364553372033 31352d32454831342d304142302000c000030001
  0007 2020202020202020202020202020202020202020 00c0 56030207
  0081 426f6f74204c6f616465722020202020202020 20 0000 41200909`.replace(/\s/g, "");

/** A record of 0x001c. */
const named = (index: number, text: string): string =>
  Buffer.concat([Buffer.of(0, index), Buffer.from(text), Buffer.alloc(32 - text.length)]).toString("hex");
const NAMES = [
  "001c0000 0022 000a",
  named(1, "S7300/ET200M station_1"),
  named(2, "PLC_1"),
  named(3, ""),
  named(4, "Original Siemens Equipment"),
  named(5, "S C-B1U393142011"),
  named(7, "CPU 315-2 PN/DP"),
  named(8, "MMC 4A1AC019"),
  named(9, ""),
  named(10, ""),
  named(11, ""),
].join("");
const LIMITS =
  "01310001 00280001 000100f0001000b71b000002dc6c05f5e10000000000000000000000000000000000000000000000";
const PASSWORD =
  "01320004 00280001 00040001000300030002000000005656 58016b420000000002000001000000000000000000000000";
const OPEN =
  "02320004 00280001 0004000100000001000200000000 5656a400931b4a1f440102000015000000000000000000000000";
const MODE = "04240000 00140001 5144ff08 0000000000000000 1602081451375692";

describe("S7 system status list", () => {
  it("has as many records as came whole", () => {
    expect(list(LIMITS)).toMatchObject({ id: 0x0131, index: 1, count: 1 });
    const cut = decodeSzlList(Buffer.from(IDENTITY, "hex").subarray(0, 40));
    expect(cut).toMatchObject({ count: 4 });
    expect(cut.records).toHaveLength(1);
  });

  it("may have no records", () => {
    expect(list("0011 0000 0000 0000")).toEqual({ id: 0x11, index: 0, count: 0, records: [] });
  });

  it("reports PDU_MALFORMED for a header that is cut off or contradicts itself", () => {
    for (const hex of ["", "00", "0011", "001100", "00110000001c00"])
      expect(() => list(hex)).toThrow(WireError);
    expect(() => list("0011 0000 0000 0004")).toThrow("4 records of no bytes");
    expect(() => list("0011 0000 ffff ffff")).toThrow("too many");
  });

  it("tells order number and firmware, the latter of index 7 and never of the boot loader", () => {
    expect(moduleIdentity(list(IDENTITY))).toEqual({
      orderNumber: "6ES7 315-2EH14-0AB0",
      firmware: "V3.2.7",
    });
    const older = IDENTITY.replace("56030207", "56020601");
    expect(moduleIdentity(list(older)).firmware).toBe("V2.6.1");
    const without = IDENTITY.replace("00072020", "00082020");
    expect(moduleIdentity(list(without))).toEqual({
      orderNumber: "6ES7 315-2EH14-0AB0",
      firmware: undefined,
    });
    expect(moduleIdentity(list(IDENTITY.replace("56030207", "20030207"))).firmware).toBeUndefined();
    expect(moduleIdentity(list("0011 0000 001c 0000"))).toEqual({
      orderNumber: undefined,
      firmware: undefined,
    });
  });

  it("tells the order number of a record that has no room for a version", () => {
    const record = `0001${Buffer.from("6ES7 315-2EH14-0AB0").toString("hex")}00 00030300`;
    expect(moduleIdentity(list(`0011 0000 001a 0001 ${record}`))).toEqual({
      orderNumber: "6ES7 315-2EH14-0AB0",
      firmware: undefined,
    });
  });

  it("tells the names of the components, without empty ones", () => {
    expect(componentNames(list(NAMES))).toEqual({
      stationName: "S7300/ET200M station_1",
      moduleName: "PLC_1",
      copyright: "Original Siemens Equipment",
      serial: "S C-B1U393142011",
      moduleType: "CPU 315-2 PN/DP",
    });
  });

  it("ends a name at its first zero", () => {
    const record = `0002${Buffer.from("PLC\0junk").toString("hex")}`.padEnd(68, "0");
    expect(componentNames(list(`011c0002 00220001 ${record}`))).toEqual({ moduleName: "PLC" });
  });

  it("tells what the CPU can take", () => {
    expect(communicationLimits(list(LIMITS))).toEqual({ pduSize: 240, connections: 16, mpiRate: 12_000_000 });
    expect(communicationLimits(list(MODE))).toBeUndefined();
    const consistent = "01310003 00280001 0003 00000000 00f0 0000".padEnd(20 + 80 + 3, "0");
    expect(consistentBytes(list(consistent))).toBe(240);
    expect(consistentBytes(list(LIMITS))).toBeUndefined();
  });

  it("tells the levels of protection", () => {
    expect(protection(list(PASSWORD))).toEqual({ selector: 1, parameter: 3, level: 3 });
    expect(protection(list(OPEN))).toEqual({ selector: 1, parameter: 0, level: 1 });
    expect(protection(list(LIMITS))).toBeUndefined();
  });

  it.each([
    ["08", "RUN"],
    ["04", "STOP"],
    ["03", "STOP"],
    ["06", "STARTUP"],
    ["0a", "HOLD"],
    ["0d", "DEFECT"],
    ["48", "RUN"],
    ["0f", undefined],
  ])("makes of mode 0x%s %s", (mode, state) => {
    expect(cpuState(list(MODE.replace("5144ff08", `5144ff${mode}`)))).toBe(state);
  });

  it("has no mode without a record", () => {
    expect(cpuState(list("0424 0000 0014 0000"))).toBeUndefined();
  });

  it("reports PDU_MALFORMED for records that are too short", () => {
    expect(() => moduleIdentity(list("0011 0000 0004 0001 00010000"))).toThrow(WireError);
    expect(() => componentNames(list("001c 0000 0001 0001 00"))).toThrow(WireError);
    expect(() => communicationLimits(list("0131 0001 0004 0001 000100f0"))).toThrow(WireError);
    expect(() => consistentBytes(list("0131 0003 0004 0001 000300f0"))).toThrow(WireError);
    expect(() => protection(list("0132 0004 0004 0001 00040001"))).toThrow(WireError);
    expect(() => cpuState(list("0424 0000 0002 0001 5144"))).toThrow(WireError);
    expect(communicationLimits(list("0131 0001 0001 0001 00"))).toBeUndefined();
  });

  it("is understood or refused with a WireError, whatever the bytes", () => {
    const readers = [
      moduleIdentity,
      componentNames,
      communicationLimits,
      consistentBytes,
      protection,
      cpuState,
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(40), (body, recordBytes) => {
        const header = Buffer.from([0, 0x11, 0, 0, 0, recordBytes, 0, 2]);
        for (const read of readers) {
          try {
            read(decodeSzlList(Buffer.concat([header, body])));
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(WireError);
          }
        }
      }),
    );
  });
});
