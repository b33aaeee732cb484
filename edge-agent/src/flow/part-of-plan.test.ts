import { describe, expect, it } from "vitest";
import { StatusCode } from "../core/quality.ts";
import { rawColumns } from "../core/reading.ts";
import type { Driver, DriverEvent, ScanPlan } from "../ports/driver.ts";
import { asWhole, partOf } from "./part-of-plan.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
const tag = (address: string) => ({
  id: address,
  path,
  name: address,
  device: "plc",
  protocol: "auto" as const,
  address,
  unit: "1",
  scale: 1,
  offset: 0,
});
const waveform = (address: string, sequenceAddress: string) => ({
  ...tag(address),
  sampleRateHz: 1000,
  samples: 4,
  sequenceAddress,
});
const plan: ScanPlan = {
  device: "plc",
  protocol: "auto",
  tags: ["a", "M1", "b", "M2"].map(tag),
  waveforms: [waveform("w", "M9"), waveform("w", "n")],
  groups: [
    { name: "memory", periodMs: 100, tags: [1, 3], waveforms: [0] },
    { name: "mixed", periodMs: 200, tags: [0, 1, 2], waveforms: [1] },
  ],
};
const part = partOf(plan, (addresses) => addresses.every((address) => !address.startsWith("M")));

async function eventsOf(said: readonly DriverEvent[]): Promise<DriverEvent[]> {
  const driver: Driver = {
    device: "plc",
    async *events() {
      yield* said;
    },
  };
  const seen: DriverEvent[] = [];
  for await (const event of asWhole(driver, plan, part, () => 7).events(new AbortController().signal))
    seen.push(event);
  return seen;
}

describe("a part of a plan", () => {
  it("has what can be read under indices of its own, and no group that is empty", () => {
    expect(part.plan.tags.map(({ address }) => address)).toEqual(["a", "b"]);
    expect(part.plan.waveforms).toHaveLength(1);
    expect(part.plan.groups).toEqual([{ name: "mixed", periodMs: 200, tags: [0, 1], waveforms: [0] }]);
    expect([part.tags, part.otherTags]).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect([part.waveforms, part.otherWaveforms]).toEqual([[1], [0]]);
  });

  it("is the whole to who reads it: its values stand where they belong", async () => {
    const batch = rawColumns(2, 0);
    batch.tag.set([0, 1]);
    const block = {
      tag: 0,
      sampleRateHz: 1000,
      firstSampleTimeUs: 0,
      sequence: 1,
      missed: 0,
      status: 0,
      samples: new Float32Array(4),
    };
    const lost: DriverEvent = { kind: "link", up: false, reason: "gone" };
    const events = await eventsOf([
      { kind: "batch", batch, protocol: "s7-tunnel" },
      { kind: "waveform", waveform: block },
      { kind: "torn-block", waveform: 0, given: "reread" },
      lost,
    ]);
    expect(events[0]).toMatchObject({ protocol: "s7-tunnel", batch: { tag: Uint32Array.of(0, 2) } });
    expect(events[1]).toMatchObject({ waveform: { tag: 1 } });
    expect(events[2]).toEqual({ kind: "torn-block", waveform: 1, given: "reread" });
    expect(events[3]).toBe(lost);
  });

  it("marks what cannot be read whenever the link comes up", async () => {
    const [link, rows, block] = await eventsOf([{ kind: "link", up: true, reason: "connected" }]);
    expect(link?.kind).toBe("link");
    expect(rows?.kind === "batch" && [[...rows.batch.tag], [...rows.batch.status]]).toEqual([
      [1, 3],
      [StatusCode.BadNotSupported, StatusCode.BadNotSupported],
    ]);
    expect(block).toMatchObject({
      kind: "waveform",
      waveform: { tag: 0, status: StatusCode.BadNotSupported },
    });
  });
});
