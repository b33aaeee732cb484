import type { Fingerprint, Remembered } from "@stethos/protocol-finger";
import { createManualClock, type ManualClock, slept } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { EdgeError } from "../core/errors.ts";
import { StatusCode } from "../core/quality.ts";
import { rawColumns } from "../core/reading.ts";
import type { Driver, DriverEvent, ScanPlan } from "../ports/driver.ts";
import type { DrivenProfile, Identifier } from "../ports/identify.ts";
import type { Logger } from "../ports/logger.ts";
import { createAutoDriver } from "./identify.ts";
import { defaultAutoPolicy } from "./identify-policy.ts";
import { fingerprint, modbusProfile, s7Profile, seen } from "./testing/fingerprints.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
const tag = {
  id: "s/a/l/c/m/t",
  path,
  name: "t",
  device: "plc",
  protocol: "auto",
  address: "DB1,REAL0",
  unit: "1",
  scale: 1,
  offset: 0,
} as const;
const plan: ScanPlan = {
  device: "plc",
  protocol: "auto",
  tags: [tag],
  waveforms: [],
  groups: [{ name: "g", periodMs: 1000, tags: [0], waveforms: [] }],
};

const native = s7Profile();
const compat = s7Profile({ mode: "s7-compat", pduSize: 240 });
const tunnel = modbusProfile({ mode: "modbus-tunnel" });
const known = fingerprint({ profile: native, alternatives: [compat, tunnel] });

function batch(status: number = StatusCode.Good): DriverEvent {
  const rows = rawColumns(1, 0);
  rows.value[0] = 42;
  rows.status[0] = status;
  return { kind: "batch", batch: rows };
}
const up: DriverEvent = { kind: "link", up: true, reason: "connected" };
const down = (code?: "HOST_SILENT" | "LINK_LOST" | "PORT_CLOSED"): DriverEvent => ({
  kind: "link",
  up: false,
  reason: code ?? "who knows",
  ...(code && { diagnosis: { code, observed: "seen" } }),
});
const refused: readonly DriverEvent[] = [
  up,
  { kind: "diagnosis", diagnosis: { code: "S7_PUT_GET_OFF", observed: "8104" } },
  batch(StatusCode.BadUserAccessDenied),
];

/** What a session does, event by event; "..." holds it open. */
type Session = readonly (DriverEvent | "..." | number)[];

interface Bench {
  readonly clock: ManualClock;
  readonly events: DriverEvent[];
  /** What was asked of whom, with the time. */
  readonly calls: string[];
  readonly warnings: string[];
  readonly driver: Driver;
  /** Lets so much time pass, and everything run that follows from it. */
  pass(ms: number): Promise<void>;
  kept: { readonly profile: DrivenProfile; readonly limits: object }[];
  stop(): Promise<void>;
}

interface Script {
  /** By mode, one after the other; the last one stays. */
  readonly sessions: Partial<Record<DrivenProfile["mode"], readonly (Session | "invalid")[]>>;
  readonly identify?: () => Fingerprint;
  readonly check?: () => Fingerprint;
  readonly remembered?: Remembered;
  readonly cannotKeep?: boolean;
}

function start(script: Script): Bench {
  const clock = createManualClock();
  const events: DriverEvent[] = [];
  const calls: string[] = [];
  const warnings: string[] = [];
  const note = (what: string) => calls.push(`${what} @${clock.monotonicMs()}`);
  const identifier: Identifier = {
    recall: () => script.remembered,
    async identify(isFresh, signal) {
      note(isFresh ? "identify fresh" : "identify");
      await clock.sleep(100, signal);
      return script.identify?.() ?? known;
    },
    async check(protocol, signal) {
      note(`check ${protocol}`);
      await clock.sleep(50, signal);
      return script.check?.() ?? known;
    },
    async keep({ profile, limits }) {
      if (script.cannotKeep) throw new Error("disk full");
      bench.kept.push({ profile, limits });
    },
  };
  const used = new Map<string, number>();
  async function createDriver(profile: DrivenProfile): Promise<Driver> {
    note(profile.mode);
    const all = script.sessions[profile.mode] ?? [];
    const turn = used.get(profile.mode) ?? 0;
    used.set(profile.mode, turn + 1);
    const session = all[Math.min(turn, all.length - 1)] ?? [down()];
    if (session === "invalid") throw new EdgeError("ADDRESS_INVALID", "t: no such thing");
    return {
      device: "plc",
      async *events(signal) {
        try {
          for (const one of session) {
            if (one === "...") await slept(clock, 1e9, signal);
            else if (typeof one === "number") await slept(clock, one, signal);
            else yield one;
            if (signal.aborted) return;
          }
        } finally {
          note("closed");
        }
      },
    };
  }
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (_, text) => void warnings.push(text),
    error() {},
    child: () => logger,
  };
  const driver = createAutoDriver(
    { plan, wanted: { kind: "s7", tunnel: { port: 502 } }, identifier, createDriver },
    { clock, logger, random: () => 1 },
  );
  const stop = new AbortController();
  const done = (async () => {
    for await (const event of driver.events(stop.signal)) events.push(event);
  })();
  const bench: Bench = {
    clock,
    events,
    calls,
    warnings,
    driver,
    kept: [],
    async pass(ms) {
      // In small steps: chains of promises as long as these outrun the clock's own patience.
      await settled();
      for (let left = ms; left > 0; left -= STEP_MS) {
        await clock.advance(Math.min(left, STEP_MS));
        await settled();
      }
    },
    async stop() {
      stop.abort();
      await done;
    },
  };
  return bench;
}

const STEP_MS = 50;
const settled = () => new Promise((resolve) => setImmediate(resolve));

const kinds = ({ events }: Bench) =>
  events.map((event) => (event.kind === "link" ? (event.up ? "up" : "down") : event.kind));
const working: Session = [up, batch(), "..."];

describe("a device whose protocol is found out", () => {
  it("is identified, read in the first way that suits, and remembered", async () => {
    const bench = start({ sessions: { "s7-native": [working] } });
    await bench.pass(2000);
    expect(bench.calls).toEqual(["identify @0", "s7-native @1100"]);
    expect(kinds(bench)).toEqual(["identified", "profile", "up", "batch"]);
    expect(bench.events[3]).toMatchObject({ protocol: "s7" });
    expect(bench.kept).toEqual([{ profile: native, limits: {} }]);
    await bench.stop();
    expect(bench.calls.at(-1)).toBe("closed @2000");
  });

  it("is tried natively, then in compat mode, then through the tunnel, each after the one before has left", async () => {
    const bench = start({
      sessions: { "s7-native": [[down()]], "s7-compat": [[down()]], "modbus-tunnel": [working] },
    });
    await bench.pass(5000);
    expect(bench.calls).toEqual([
      "identify @0",
      "s7-native @1100",
      "closed @1100",
      "s7-compat @2100",
      "closed @2100",
      "modbus-tunnel @3100",
    ]);
    expect(kinds(bench)).toEqual(["identified", "profile", "up", "batch"]);
    expect(bench.events[3]).toMatchObject({ protocol: "s7-tunnel" });
    await bench.stop();
  });

  it("is asked nothing where it was read before: it is read again the same way, with the limits it taught", async () => {
    const limits = { maxReadBytes: 64 };
    const bench = start({
      sessions: { "s7-compat": [working] },
      remembered: { fingerprint: known, worked: compat, limits },
    });
    await bench.pass(1000);
    expect(bench.calls).toEqual(["s7-compat @0"]);
    expect(kinds(bench)).toEqual(["identified", "profile", "up", "batch"]);
    expect(bench.kept).toEqual([{ profile: compat, limits }]);
    await bench.stop();
  });

  it("keeps what it teaches", async () => {
    const learnt: DriverEvent = { kind: "learnt", limits: { maxReadBytes: 32 } };
    const bench = start({ sessions: { "s7-native": [[up, batch(), learnt, "..."]] } });
    await bench.pass(2000);
    expect(bench.kept.at(-1)).toEqual({ profile: native, limits: { maxReadBytes: 32 } });
    await bench.stop();
  });

  it("is read although what was found out cannot be kept", async () => {
    const bench = start({ sessions: { "s7-native": [working] }, cannotKeep: true });
    await bench.pass(2000);
    expect(kinds(bench)).toEqual(["identified", "profile", "up", "batch"]);
    expect(bench.warnings).toEqual(["the profile could not be remembered"]);
    await bench.stop();
  });

  it("says why it cannot be read once everything was tried, marks its tags, and waits ever longer", async () => {
    const closed: Session = [down("PORT_CLOSED")];
    const bench = start({
      sessions: { "s7-native": [closed], "s7-compat": [closed], "modbus-tunnel": [closed] },
    });
    await bench.pass(4000);
    expect(kinds(bench)).toEqual(["identified", "down", "batch"]);
    expect(bench.events[1]).toMatchObject({ diagnosis: { code: "PORT_CLOSED" } });
    const [, , rows] = bench.events;
    expect(rows?.kind === "batch" && [...rows.batch.status]).toEqual([StatusCode.BadNotConnected]);
    await bench.pass(60_000);
    const rounds = bench.calls.filter((call) => call.startsWith("s7-native"));
    const times = rounds.map((call) => Number(call.split("@")[1]));
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(gaps.toSorted((one, other) => one - other)).toEqual(gaps);
    expect(gaps.at(-1)).toBeGreaterThan(15_000);
    expect(bench.calls.filter((call) => call.startsWith("identify fresh"))).toHaveLength(1);
    expect(kinds(bench).filter((kind) => kind === "down")).toHaveLength(1);
    await bench.stop();
  });

  it("goes on being read while it refuses everything, with its own words on each tag, until it heals", async () => {
    const healing: Session = [...refused, 5000, { kind: "diagnosis", diagnosis: undefined }, batch(), "..."];
    const bench = start({
      sessions: {
        "s7-native": [refused, healing],
        "s7-compat": [refused],
        "modbus-tunnel": [[down("PORT_CLOSED")]],
      },
    });
    await bench.pass(6000);
    expect(kinds(bench)).toEqual(["identified", "profile", "up", "diagnosis", "batch"]);
    expect(bench.events[3]).toMatchObject({ diagnosis: { code: "S7_PUT_GET_OFF", observed: "8104" } });
    const rows = bench.events[4];
    expect(rows?.kind === "batch" && [...rows.batch.status]).toEqual([StatusCode.BadUserAccessDenied]);
    expect(bench.kept).toEqual([]);
    await bench.pass(6000);
    expect(kinds(bench).slice(5)).toEqual(["diagnosis", "batch"]);
    expect(bench.kept).toEqual([{ profile: native, limits: {} }]);
    await bench.stop();
  });

  it("is looked at afresh after it has refused everything for ten minutes", async () => {
    const forever: Session = [...refused, "..."];
    const bench = start({
      sessions: { "s7-native": [refused, forever], "s7-compat": [refused], "modbus-tunnel": [refused] },
    });
    await bench.pass(defaultAutoPolicy.hopelessMs + 10_000);
    expect(bench.calls.filter((call) => call.startsWith("identify fresh"))).toHaveLength(1);
    await bench.stop();
  });

  it("is looked at afresh after a minute where another way to it was only away", async () => {
    const forever: Session = [...refused, "..."];
    const bench = start({
      sessions: { "s7-native": [refused, forever], "s7-compat": [refused], "modbus-tunnel": [[down()]] },
    });
    await bench.pass(70_000);
    expect(bench.calls.filter((call) => call.startsWith("identify fresh"))).toHaveLength(1);
    await bench.stop();
  });

  it("is given up where nothing at all comes within the time of a trial", async () => {
    const bench = start({ sessions: { "s7-native": [[up, "..."]], "s7-compat": [working] } });
    await bench.pass(40_000);
    expect(bench.calls.slice(1, 4)).toEqual(["s7-native @1100", "closed @31100", "s7-compat @32100"]);
    await bench.stop();
  });

  it("is not tried in a way that its tags cannot be read in", async () => {
    const bench = start({ sessions: { "s7-native": ["invalid"], "s7-compat": [working] } });
    await bench.pass(3000);
    expect(kinds(bench)).toEqual(["identified", "profile", "up", "batch"]);
    expect(bench.events[1]).toMatchObject({ profile: { mode: "s7-compat" } });
    await bench.stop();
  });

  it("is checked after a loss, and read on where it is still the same", async () => {
    const bench = start({ sessions: { "s7-native": [[up, batch(), 5000, down("LINK_LOST")], working] } });
    await bench.pass(12_000);
    expect(bench.calls.slice(1)).toEqual([
      "s7-native @1100",
      "closed @6100",
      "check s7 @7100",
      "s7-native @8150",
    ]);
    expect(kinds(bench)).toEqual([
      "identified",
      "profile",
      "up",
      "batch",
      "down",
      "batch",
      "profile",
      "up",
      "batch",
    ]);
    expect(bench.events[4]).toMatchObject({ diagnosis: { code: "LINK_LOST" } });
    await bench.stop();
  });

  it("is identified anew after a loss where its firmware has changed", async () => {
    const updated = fingerprint({ firmware: "V3.2.6", profile: compat, alternatives: [] });
    const learnt: DriverEvent = { kind: "learnt", limits: { maxReadBytes: 32 } };
    let isUpdated = false;
    const bench = start({
      sessions: { "s7-native": [[up, batch(), learnt, 5000, down("LINK_LOST")]], "s7-compat": [working] },
      identify: () => (isUpdated ? updated : known),
      check: () => {
        isUpdated = true;
        return updated;
      },
    });
    await bench.pass(15_000);
    expect(bench.calls.slice(3)).toEqual(["check s7 @7100", "identify fresh @8150", "s7-compat @9250"]);
    const changed = bench.events.find((event) => event.kind === "diagnosis");
    expect(changed).toMatchObject({
      diagnosis: { code: "DEVICE_CHANGED", observed: "firmware V3.2.6 where it was V2.6.1" },
    });
    expect(bench.events.filter((event) => event.kind === "identified")).toHaveLength(2);
    expect(bench.kept.map(({ limits }) => limits)).toEqual([{}, { maxReadBytes: 32 }, {}]);
    await bench.stop();
  });

  it("is only knocked at while it is away, and tells when the reason changes", async () => {
    const states = ["filtered", "filtered", "closed"] as const;
    let turn = 0;
    const bench = start({
      sessions: { "s7-native": [[up, batch(), 5000, down("LINK_LOST")], working] },
      check: () => {
        const state = states[turn];
        turn += 1;
        return state === undefined ? known : fingerprint({ protocols: [seen("s7", state)] });
      },
    });
    await bench.pass(40_000);
    expect(bench.calls.filter((call) => call.startsWith("check"))).toHaveLength(4);
    expect(bench.calls.filter((call) => call.startsWith("identify"))).toHaveLength(1);
    const told = bench.events.flatMap((event) =>
      event.kind === "diagnosis" || (event.kind === "link" && !event.up) ? [event.diagnosis?.code] : [],
    );
    expect(told).toEqual(["LINK_LOST", "HOST_SILENT", "PORT_CLOSED"]);
    expect(kinds(bench).at(-1)).toBe("batch");
    await bench.stop();
  });

  it("is identified on request, once a minute, in place of being read", async () => {
    const bench = start({ sessions: { "s7-native": [working] } });
    await bench.pass(5000);
    expect(bench.driver.identify?.()).toBe(true);
    expect(bench.driver.identify?.()).toBe(false);
    await bench.pass(5000);
    expect(bench.calls).toEqual([
      "identify @0",
      "s7-native @1100",
      "closed @5000",
      "identify fresh @5000",
      "s7-native @6100",
    ]);
    expect(kinds(bench).slice(4)).toEqual(["down", "batch", "profile", "up", "batch"]);
    await bench.pass(60_000);
    expect(bench.driver.identify?.()).toBe(true);
    await bench.stop();
    expect(bench.driver.identify?.()).toBe(false);
  });

  it("tells what speaks there where no driver suits the tags", async () => {
    const none = { mode: "none", why: "no driver" } as const;
    const enip = fingerprint({
      profile: none,
      protocols: [seen("enip")],
      diagnoses: [{ code: "NO_DRIVER", observed: "EtherNet/IP" }],
    });
    const bench = start({ sessions: {}, identify: () => enip });
    await bench.pass(1000);
    expect(kinds(bench)).toEqual(["identified", "down", "batch"]);
    expect(bench.events[1]).toMatchObject({ reason: "EtherNet/IP", diagnosis: { code: "NO_DRIVER" } });
    await bench.stop();
  });

  it("is asked again where it could not so much as be asked", async () => {
    let turn = 0;
    const bench = start({
      sessions: { "s7-native": [working] },
      identify: () => {
        turn += 1;
        if (turn < 3) throw new EdgeError("PLC_UNREACHABLE", "the name has no address");
        return known;
      },
    });
    await bench.pass(10_000);
    expect(kinds(bench)).toEqual(["down", "batch", "identified", "profile", "up", "batch"]);
    expect(bench.events[0]).toMatchObject({ reason: "the name has no address" });
    await bench.stop();
  });

  it("ends at once, whatever it is doing", async () => {
    for (const ms of [50, 500, 1100, 3000]) {
      const bench = start({ sessions: { "s7-native": [working] } });
      await bench.pass(ms);
      await bench.stop();
      expect(bench.clock.waiting).toBe(0);
    }
  });
});
