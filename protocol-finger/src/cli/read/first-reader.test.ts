import { describe, expect, it } from "vitest";
import { FingerError } from "../../finger-error.ts";
import type { DeviceProfile } from "../../profile-types.ts";
import { s7Fingerprint } from "../../testing/fingerprint.ts";
import { badRow, type FieldReader, type FieldRow, rowOf, STATUS } from "./field-reader.ts";
import { firstReader } from "./first-reader.ts";
import { fittingProfiles, openReader } from "./open-reader.ts";
import { readingOf } from "./reading.ts";
import { createRounds } from "./rounds.ts";

const never = new AbortController().signal;
const good: FieldRow = { value: 1, status: 0 };
const none = badRow(STATUS.BadNodeIdUnknown, "no such block");

function fakeReader(results: (readonly FieldRow[] | Error)[]): FieldReader & { closed: number } {
  const reader = {
    protocol: "s7" as const,
    limits: {},
    closed: 0,
    async read() {
      const next = results.shift() ?? [good];
      if (next instanceof Error) throw next;
      return next;
    },
    async close() {
      reader.closed += 1;
    },
  };
  return reader;
}

const timeout = badRow(STATUS.BadTimeout, "no answer");
const away = badRow(STATUS.BadNotConnected, "cable");
const { profile: s7 } = s7Fingerprint("10.0.0.5");
const profiles: readonly DeviceProfile[] = [s7, { mode: "none", why: "a test" }];
const refused = new FingerError("PLC_REFUSED", "PUT/GET is off");

describe("the first profile that works", () => {
  async function tried(readers: (FieldReader | Error)[]) {
    const failures: string[] = [];
    const open = async () => {
      const next = readers.shift();
      if (next === undefined || next instanceof Error) throw next ?? new Error("no more");
      return next;
    };
    const first = await firstReader(
      profiles,
      open,
      ({ mode }, { message }) => void failures.push(`${mode}: ${message}`),
      never,
    );
    return { first, failures };
  }

  it("is the first that gives a value", async () => {
    const reader = fakeReader([[none, good]]);
    const { first } = await tried([reader]);
    expect(first).toMatchObject({ profile: s7, rows: [none, good] });
    expect(reader.closed).toBe(0);
  });

  it("is the second where the first does not connect, or is refused", async () => {
    const { first, failures } = await tried([refused, fakeReader([])]);
    expect(first.profile.mode).toBe("none");
    expect(failures).toEqual(["s7-compat: PUT/GET is off"]);
    const broken = fakeReader([refused]);
    await tried([broken, fakeReader([])]);
    expect(broken.closed).toBe(1);
  });

  it("is the first after all where the others give nothing either", async () => {
    const empty = fakeReader([[none]]);
    const { first } = await tried([empty, refused, fakeReader([])]);
    expect(first).toMatchObject({ profile: s7, rows: [none] });
    expect(empty.closed).toBe(1);
  });

  it("is none where none connects", async () => {
    await expect(tried([refused, refused])).rejects.toThrow("PUT/GET is off");
    await expect(
      firstReader(
        [],
        async () => fakeReader([]),
        () => undefined,
        never,
      ),
    ).rejects.toThrow("no profile");
  });

  it("is not looked for further where an address is wrong, nor after a bug, nor when it is stopped", async () => {
    await expect(tried([new FingerError("ADDRESS_INVALID", "no such area"), fakeReader([])])).rejects.toThrow(
      "no such area",
    );
    await expect(tried([new TypeError("a bug"), fakeReader([])])).rejects.toThrow("a bug");
    const stop = AbortSignal.abort(new Error("stopped"));
    const open = async () => {
      throw refused;
    };
    await expect(firstReader(profiles, open, () => undefined, stop)).rejects.toThrow("stopped");
  });
});

describe("round after round", () => {
  it("makes the connection anew when it was lost, and gives bad rows meanwhile", async () => {
    const lost: string[] = [];
    const first = fakeReader([new FingerError("PLC_TIMEOUT", "no answer")]);
    const opened: (FieldReader | Error)[] = [
      new FingerError("PLC_UNREACHABLE", "cable"),
      fakeReader([[good, good]]),
    ];
    const open = async () => {
      const next = opened.shift();
      if (next === undefined || next instanceof Error) throw next;
      return next;
    };
    const rounds = createRounds(
      { profile: s7, reader: first, rows: [] },
      open,
      2,
      ({ message }) => void lost.push(message),
    );
    expect(await rounds.next(never)).toEqual([timeout, timeout]);
    expect(rounds.isLost).toBe(true);
    expect(first.closed).toBe(1);
    expect(await rounds.next(never)).toEqual([away, away]);
    expect(await rounds.next(never)).toEqual([good, good]);
    expect(rounds.isLost).toBe(false);
    expect(lost).toEqual(["no answer", "cable"]);
    await rounds.close();
  });

  it("ends when it is stopped, and lets a bug through", async () => {
    const reader = fakeReader([refused, new TypeError("a bug")]);
    const rounds = createRounds(
      { profile: s7, reader, rows: [] },
      async () => reader,
      1,
      () => undefined,
    );
    expect(await rounds.next(AbortSignal.abort())).toBeUndefined();
    await expect(rounds.next(never)).rejects.toThrow("a bug");
  });
});

describe("the profiles that fit", () => {
  const modbus: DeviceProfile = {
    mode: "modbus",
    port: 502,
    why: "",
    connectTimeoutMs: 1,
    requestTimeoutMs: 1,
    minGapMs: 0,
    jobsInFlight: 1,
    unit: 1,
    wordOrder: "ABCD",
    addressBase: 0,
    maxRegisters: 125,
    maxBits: 2000,
  };

  it("S7 addresses are those of S7, and of Modbus where areas are told", () => {
    expect(fittingProfiles("s7", [modbus, s7], undefined)).toEqual([s7]);
    expect(fittingProfiles("s7", [modbus, s7], []).map(({ mode }) => mode)).toEqual([
      "modbus-tunnel",
      "s7-compat",
    ]);
    expect(fittingProfiles("modbus", [modbus, s7], [])).toEqual([modbus]);
    expect(fittingProfiles("opcua", [modbus, s7], [])).toEqual([]);
  });

  it("of a device that is not to be read are refused", async () => {
    const clock = {
      nowUs: () => 0,
      monotonicMs: () => 0,
      sleep: async () => undefined,
      deadline: () => {
        throw new Error("unused");
      },
    };
    const none: DeviceProfile = { mode: "none", why: "a honeypot" };
    await expect(openReader(none, { host: "10.0.0.5", addresses: [] }, clock, never)).rejects.toThrow(
      "cannot be read: a honeypot",
    );
  });
});

describe("a reading", () => {
  const origin = {
    host: "10.0.0.5",
    protocol: "s7",
    address: "MW0",
    sequence: 3,
    nowUs: 1_700_000_000_123_456,
  } as const;

  it("has the agent's form, in microseconds", () => {
    expect(readingOf(good, origin)).toEqual({
      tag: "10.0.0.5/MW0",
      value: 1,
      unit: "1",
      quality: "good",
      statusCode: 0,
      status: "Good",
      sourceTime: "2023-11-14T22:13:20.123456Z",
      agentTime: "2023-11-14T22:13:20.123456Z",
      sequence: 3,
      device: "10.0.0.5",
      protocol: "s7",
      address: "MW0",
    });
  });

  it("carries the device's own time and its doubts", () => {
    const row = { value: 1, status: 0x40000000, sourceTimeUs: 1_700_000_000_000_001 };
    expect(readingOf(row, origin)).toMatchObject({
      quality: "uncertain",
      sourceTime: "2023-11-14T22:13:20.000001Z",
    });
    expect(readingOf(timeout, origin)).toMatchObject({
      value: null,
      quality: "bad",
      status: "BadTimeout",
    });
  });

  it.each([
    { value: Number.NaN, status: STATUS.BadOutOfRange },
    { value: [1, Number.POSITIVE_INFINITY], status: STATUS.BadOutOfRange },
    { value: undefined, status: STATUS.BadDataEncodingInvalid },
  ])("of $value is none", ({ value, status }) => {
    expect(rowOf(value)).toMatchObject({ value: null, status, why: expect.stringMatching(/\w/) });
  });
});
