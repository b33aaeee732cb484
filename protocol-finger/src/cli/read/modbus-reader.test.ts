import { afterEach, describe, expect, it } from "vitest";
import {
  type FakeModbus,
  type FakeModbusTraits,
  startFakeModbus,
} from "../../clients/testing/fake-modbus.ts";
import { createSystemClock } from "../../clock/system-clock.ts";
import type { ModbusProfile } from "../../profile-types.ts";
import type { FieldRow } from "./field-reader.ts";
import { modbusAddress } from "./modbus-address.ts";
import { openModbusReader } from "./modbus-reader.ts";

const never = new AbortController().signal;
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function device(traits: FakeModbusTraits = {}): Promise<FakeModbus> {
  const fake = await startFakeModbus(traits);
  cleanups.push(() => fake.close());
  return fake;
}

async function readOf(
  { port }: FakeModbus,
  texts: readonly string[],
  known: Partial<ModbusProfile> = {},
): Promise<readonly FieldRow[]> {
  const profile: ModbusProfile = {
    mode: "modbus",
    why: "a test",
    port,
    unit: 1,
    wordOrder: "ABCD",
    addressBase: 0,
    maxRegisters: 125,
    maxBits: 2000,
    connectTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    minGapMs: 0,
    jobsInFlight: 1,
    ...known,
  };
  const addresses = texts.map((text) => modbusAddress(text, profile.addressBase));
  const reader = await openModbusReader(
    { host: "127.0.0.1", profile },
    addresses,
    createSystemClock(),
    never,
  );
  cleanups.push(() => reader.close());
  return reader.read(never);
}

const values = (rows: readonly FieldRow[]): unknown[] => rows.map(({ value }) => value);

describe("reading Modbus addresses", () => {
  it("gives every type, of every table", async () => {
    const fake = await device();
    fake.memory.write("Pump 7\0\0", 0, "latin1");
    fake.memory.write("9876 12345678 ffff0007 41ac0000".replaceAll(" ", ""), 8, "hex");
    const texts = [
      ...["hr:0,STRING(8)", "hr:0,STRING(2)[2]@BA", "hr:4,BCD16", "hr:5,BCD32", "hr:7,INT16[2]"],
      ...["ir:8.2", "40008,UINT16", "hr:9,FLOAT32", "coil:65[3]", "di:64"],
    ];
    expect(values(await readOf(fake, texts))).toEqual([
      ...["Pump 7", ["uP", "pm"], 9876, 12_345_678, [-1, 7]],
      ...[true, 65_535, 21.5, [false, false, true], false],
    ]);
    expect(fake.connections).toBe(1);
  });

  it("takes order and first number from the profile where the address leaves them open", async () => {
    const fake = await device();
    fake.memory.writeUInt32BE(0x56781234, 0);
    const profile = { addressBase: 1, wordOrder: "CDAB" } as const;
    expect(values(await readOf(fake, ["hr:1,UINT32", "hr:1,UINT32@ABCD", "hr:1"], profile))).toEqual([
      ...[0x12345678, 0x56781234, 0x5678],
    ]);
  });

  it("has no value where a digit is none, also in an array, or where a float is none", async () => {
    const fake = await device();
    fake.memory.write("0012 00a0 7fc00000".replaceAll(" ", ""), 0, "hex");
    const rows = await readOf(fake, ["hr:0,BCD16[2]", "hr:1,BCD16", "hr:2,FLOAT32", "hr:0,BCD16"]);
    expect(values(rows)).toEqual([null, null, null, 12]);
    expect(rows.map(({ why }) => why)).toEqual([
      ...["the bytes there are no value of this type", "the bytes there are no value of this type"],
      ...["the number there is no number (NaN) or infinite", undefined],
    ]);
  });

  it("asks other units over the same connection", async () => {
    const fake = await device();
    const rows = await readOf(fake, ["hr:0", "hr:0#unit=3", "coil:0#unit=3", "hr:0#unit=0"], { unit: 7 });
    expect(rows.every(({ status }) => status === 0)).toBe(true);
    expect(fake.adus.map(({ unit }) => unit)).toEqual([7, 3, 3, 0]);
    expect(fake.connections).toBe(1);
  });

  it("leaves a silent unit alone for the rest of the round, and keeps the others", async () => {
    const fake = await device({ answer: ({ unit }) => unit === 9 });
    const nine = ["hr:0#unit=9", "hr:1#unit=9", "hr:2#unit=9", "hr:3#unit=9"];
    const rows = await readOf(fake, [...nine, "hr:0"], { requestTimeoutMs: 500 });
    expect(rows.map(({ value }) => value === null)).toEqual([true, true, true, true, false]);
    expect(rows[0]?.why).toContain("is unit 9 right?");
    expect(rows[3]?.why).toContain("unit 9 was just silent");
    expect(fake.requests).toHaveLength(2);
  });
});
