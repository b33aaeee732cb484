import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Link, readLink, splitHash, writeLink } from "./deep-link.ts";

const text = fc.string({ minLength: 1, unit: "grapheme" });
const subject = fc.record({ kind: fc.constantFrom("health", "score", "tag"), id: text });
const link = fc.record(
  {
    asset: text,
    point: text,
    sensor: text,
    alarm: text,
    replayMs: fc.integer({ min: 0, max: 4e12 }),
    trend: fc.record(
      {
        series: fc.array(subject, { minLength: 1, maxLength: 12 }),
        spanS: fc.integer({ min: 10, max: 366 * 86_400 }),
        toS: fc.integer({ min: 0, max: 4e9 }),
      },
      { requiredKeys: ["series", "spanS"] },
    ),
  },
  { requiredKeys: [] },
);

describe("deep links", () => {
  it("are read as they were written, whatever the plant calls its things", () => {
    fc.assert(
      fc.property(link, (given) => {
        expect(readLink(writeLink(given as Link))).toEqual({ link: given, ignored: [] });
      }),
    );
  });

  it("can be read by people", () => {
    const trend = { series: [{ kind: "tag", id: "S/A/temp" }], spanS: 900, toS: 1_800_000_000 } as const;
    expect(writeLink({ asset: "S/A", trend, replayMs: 0 })).toBe(
      "asset=S/A&trend=tag:S/A/temp&span=900&to=2027-01-15T08:00:00.000Z&replay=1970-01-01T00:00:00.000Z",
    );
    expect(writeLink({})).toBe("");
  });

  it("leave out what they do not understand and say so", () => {
    const read = readLink("asset=&colour=red&span=1&to=tomorrow&trend=wave:x&replay=x&point=P&flag");
    expect(read.link).toEqual({ point: "P" });
    expect(read.ignored).toEqual([
      "asset",
      "colour=red",
      "span=1",
      "to=tomorrow",
      "trend=wave:x",
      "replay=x",
      "flag",
    ]);
  });

  it("never fail, whatever stands in the address", () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        const { place, query } = splitHash(hash);
        expect(hash.startsWith(place)).toBe(true);
        readLink(query);
      }),
    );
    expect(splitHash("#/plant/plan?asset=x?y")).toEqual({ place: "#/plant/plan", query: "asset=x?y" });
    expect(splitHash("#/plant")).toEqual({ place: "#/plant", query: "" });
  });

  it("draw no more series than the page has room for", () => {
    const query = Array.from({ length: 14 }, (_, i) => `trend=tag:${i}`).join("&");
    const { link: read, ignored } = readLink(query);
    expect(read.trend?.series).toHaveLength(12);
    expect(ignored).toEqual(["trend=tag:12", "trend=tag:13"]);
  });
});
