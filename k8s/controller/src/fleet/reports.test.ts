import { FLEET_REPORT_TYPE, fleetReportKey } from "@stethos/edge-agent/core";
import { type ObjectStore, signSelf } from "@stethos/models";
import { testKey } from "@stethos/models/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KnownDevice } from "./admit.ts";
import { createReports } from "./reports.ts";
import { aPlace, aReport, never, type Place } from "./test-kit.ts";

const [one, other] = [testKey(), testKey()];
let place: Place;
let known: Map<string, KnownDevice>;
let told: string[];
let fetched: string[];

beforeEach(async () => {
  place = await aPlace();
  known = new Map();
  told = [];
  fetched = [];
});
afterEach(() => place.remove());

const open = () => {
  const store: ObjectStore = {
    ...place.store,
    get: (key, options, signal) => {
      fetched.push(key);
      return place.store.get(key, options, signal);
    },
  };
  return createReports({
    store,
    known: (node) => known.get(node),
    onRefused: (key, why) => void told.push(`${key}: ${why}`),
  });
};

describe("reports of a fleet", () => {
  it("are those of all devices, with the key that signed each", async () => {
    await place.report(aReport("node-1", 1), one);
    await place.report(aReport("node-2", 7), other);
    const { reports, refused } = await open().reports(never);
    expect(reports).toEqual([
      { report: aReport("node-1", 1), keyId: one.signer.keyId },
      { report: aReport("node-2", 7), keyId: other.signer.keyId },
    ]);
    expect(refused).toEqual([]);
  });

  it("are none where nobody has reported yet", async () => {
    expect(await open().reports(never)).toEqual({ reports: [], refused: [] });
  });

  it("are fetched only when they changed", async () => {
    await place.report(aReport("node-1", 1), one);
    await place.report(aReport("node-2", 1), other);
    const fleet = open();
    await fleet.reports(never);
    expect(fetched.sort()).toEqual([fleetReportKey("node-1"), fleetReportKey("node-2")]);
    await place.report(aReport("node-2", 2, { isDegraded: true }), other);
    const { reports } = await fleet.reports(never);
    expect(fetched.slice(2)).toEqual([fleetReportKey("node-2")]);
    expect(reports.map(({ report }) => report.isDegraded)).toEqual([false, true]);
  });

  it("forget a device whose report was removed", async () => {
    await place.report(aReport("node-1", 1), one);
    const fleet = open();
    await fleet.reports(never);
    await place.store.delete(fleetReportKey("node-1"), never);
    expect(await fleet.reports(never)).toEqual({ reports: [], refused: [] });
  });
});

describe("a report of a newer agent", () => {
  const outcome = {
    version: "2.0.0",
    digest: "b".repeat(64),
    kind: "rolled-back",
    time: "2026-11-23T12:00:00Z",
  };

  it("is taken with a reason that nobody here knows, and without fields that nobody here knows", async () => {
    const report = {
      ...aReport("node-1", 1),
      mood: { of: ["the day"] },
      outcomes: [
        { ...outcome, reason: "too-cold", degrees: -7 },
        { ...outcome, reason: "golden-worse" },
      ],
    };
    await place.report(report as unknown as ReturnType<typeof aReport>, one);
    const { reports, refused } = await open().reports(never);
    expect(refused).toEqual([]);
    expect(reports.map(({ report }) => report)).toEqual([
      {
        ...aReport("node-1", 1),
        outcomes: [
          { ...outcome, reason: "unknown: too-cold" },
          { ...outcome, reason: "golden-worse" },
        ],
      },
    ]);
  });

  it.each([
    ["a reason that is no code", [{ ...outcome, reason: "Too cold\n" }]],
    ["a reason that is too long to be one", [{ ...outcome, reason: "c".repeat(65) }]],
    ["a reason that is no text", [{ ...outcome, reason: 7 }]],
    ["an outcome without a reason", [outcome]],
    ["an end that is none", [{ ...outcome, reason: "too-cold", kind: "frozen" }]],
    ["more outcomes than a report has", Array.from({ length: 33 }, () => ({ ...outcome, reason: "errors" }))],
  ])("is refused with %s", async (_, outcomes) => {
    const report = { ...aReport("node-1", 1), outcomes } as unknown as ReturnType<typeof aReport>;
    await place.report(report, one);
    const { reports, refused } = await open().reports(never);
    expect(reports).toEqual([]);
    expect(refused[0]?.why).toMatch(/it is no report: .*outcomes/s);
  });
});

describe("a report is refused, and told once,", () => {
  const refusal = async (): Promise<string> => {
    const fleet = open();
    const { reports, refused } = await fleet.reports(never);
    expect(reports).toEqual([]);
    await fleet.reports(never);
    expect(told).toHaveLength(1);
    return refused[0]?.why ?? "";
  };

  it("that is no report at all", async () => {
    await place.store.put(fleetReportKey("node-1"), Buffer.from("{}"), "none", never);
    expect(await refusal()).toMatch(/not signed as it must be/);
  });

  it("that is too large to be one", async () => {
    await place.store.put(fleetReportKey("node-1"), Buffer.alloc(70_000, 32), "none", never);
    expect(await refusal()).toMatch(/has 70000 bytes/);
    expect(fetched).toEqual([]);
  });

  it("that lies in the place of another device", async () => {
    await place.report(aReport("node-1", 1), one, "node-2");
    expect(await refusal()).toBe("it is the report of node-1");
  });

  it("whose words are none that are known", async () => {
    const report = { ...aReport("node-1", 1), driftConfirmed: -1 };
    await place.report(report, one);
    expect(await refusal()).toMatch(/it is no report: .*driftConfirmed/s);
  });

  it("that another key signed than the one that was seen first", async () => {
    known.set("node-1", { keyId: one.signer.keyId });
    await place.report(aReport("node-1", 9), other);
    expect(await refusal()).toMatch(/and the device's is/);
  });

  it("that another key signed than the one that somebody named", async () => {
    known.set("node-1", { publicKey: one.publicPem });
    await place.report(aReport("node-1", 9), other);
    expect(await refusal()).toMatch(/and the device's is/);
  });

  it("of a device whose given key is none", async () => {
    known.set("node-1", { publicKey: "a key" });
    await place.report(aReport("node-1", 9), one);
    expect(await refusal()).toMatch(/cannot be read/);
  });

  it("that is older than one that was taken before this process began", async () => {
    known.set("node-1", { keyId: one.signer.keyId, sequence: 10 });
    await place.report(aReport("node-1", 9), one);
    expect(await refusal()).toMatch(/an old report was put back/);
  });

  it("that names one key and bears the signature of another", async () => {
    const bytes = await signSelf(FLEET_REPORT_TYPE, aReport("node-1", 1), {
      ...other.signer,
      publicPem: one.publicPem,
    });
    await place.store.put(fleetReportKey("node-1"), bytes, "none", never);
    expect(await refusal()).toMatch(/no signature of a trusted key/);
  });

  it("in which any byte was changed", async () => {
    const bytes = await signSelf(FLEET_REPORT_TYPE, aReport("node-1", 1), {
      ...one.signer,
      publicPem: one.publicPem,
    });
    const fleet = open();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        await place.store.put(fleetReportKey("node-1"), changed, "none", never);
        const { reports } = await fleet.reports(never);
        // What is not signed (the envelope's own word for the key) may be anything.
        if (reports.length > 0) expect(reports[0]?.report).toEqual(aReport("node-1", 1));
        else expect(reports).toEqual([]);
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

it("keeps what a device said last in good faith when somebody puts an older report in its place", async () => {
  const fleet = open();
  await place.report(aReport("node-1", 2), one);
  await fleet.reports(never);
  await place.report(aReport("node-1", 1), one);
  const { reports, refused } = await fleet.reports(never);
  expect(reports.map(({ report }) => report.sequence)).toEqual([2]);
  expect(refused).toEqual([{ key: fleetReportKey("node-1"), why: expect.stringContaining("put back") }]);
  await place.report(aReport("node-1", 3), one);
  expect((await fleet.reports(never)).refused).toEqual([]);
});
