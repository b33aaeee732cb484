import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { StatusCode } from "../core/quality.ts";
import { type ReadingBatch, rawColumns } from "../core/reading.ts";
import type { Waveform } from "../core/waveform.ts";
import type { DeviceNews, DriverEvent, ScanPlan } from "../ports/driver.ts";
import type { Logger } from "../ports/logger.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { acquire } from "./acquire.ts";
import { fingerprint, s7Profile } from "./testing/fingerprints.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
const tag = {
  id: "s/a/l/c/m/t",
  path,
  name: "t",
  device: "plc",
  protocol: "s7",
  address: "DB1,REAL0",
  unit: "1",
  scale: 2,
  offset: 1,
  deadband: 0,
} as const;
const plan: ScanPlan = {
  device: "plc",
  protocol: "s7",
  tags: [tag],
  waveforms: [{ ...tag, id: "w", sampleRateHz: 100, samples: 2, sequenceAddress: "x" }],
  groups: [],
};

function one(value: number, status: number = StatusCode.Good): DriverEvent {
  const batch = rawColumns(1, 7);
  batch.value[0] = value;
  batch.status[0] = status;
  return { kind: "batch", batch };
}

async function feed(
  events: readonly DriverEvent[],
  more: { onReadings?: (batch: ReadingBatch) => void } = {},
) {
  const said: string[] = [];
  const fields: Readonly<Record<string, unknown>>[] = [];
  const log = (about: Readonly<Record<string, unknown>>, text: string) => {
    fields.push(about);
    said.push(text);
  };
  const telemetry: TelemetryEvent[] = [];
  const readings: ReadingBatch[] = [];
  const waveforms: Waveform[] = [];
  const news: DeviceNews[] = [];
  const logger: Logger = {
    debug: log,
    info: log,
    warn: log,
    error: log,
    child: () => logger,
  };
  const driver = {
    device: "plc",
    async *events() {
      yield* events;
    },
  };
  await acquire(
    { plan, driver, tagPlaces: Uint32Array.of(4), waveformPlaces: Uint32Array.of(9) },
    {
      clock: createManualClock(),
      logger,
      telemetry: { emit: (event) => telemetry.push(event) },
      onReadings: more.onReadings ?? ((batch) => readings.push(batch)),
      onWaveform: (waveform) => waveforms.push(waveform),
      onDevice: (_, one) => news.push(one),
    },
    new AbortController().signal,
  );
  return { said, telemetry, readings, waveforms, news, fields };
}

describe("acquisition of a device", () => {
  it("passes on readings under the agent's index and counts them, the bad ones apart", async () => {
    const { readings, telemetry } = await feed([one(3), one(3, StatusCode.BadNotConnected)]);
    expect(readings.map((batch) => [batch.tag[0], batch.value[0]])).toEqual([
      [4, 7],
      [4, Number.NaN],
    ]);
    expect(telemetry).toEqual([
      { kind: "readings", device: "plc", count: 1, bad: 0 },
      { kind: "readings", device: "plc", count: 1, bad: 1 },
    ]);
  });

  it("counts what the deadband holds back", async () => {
    const { readings, telemetry } = await feed([one(3), one(3)]);
    expect(readings).toHaveLength(1);
    expect(telemetry.at(-1)).toEqual({ kind: "suppressed", device: "plc", count: 1 });
  });

  it("scales waveforms into their unit", async () => {
    const waveform: Waveform = {
      tag: 0,
      sampleRateHz: 100,
      firstSampleTimeUs: 0,
      sequence: 1,
      missed: 2,
      status: 0,
      samples: Float32Array.of(1, 2),
    };
    const { waveforms, telemetry } = await feed([{ kind: "waveform", waveform }]);
    expect(waveforms.map((block) => [block.tag, ...block.samples])).toEqual([[9, 3, 5]]);
    expect(telemetry).toEqual([{ kind: "waveform", device: "plc", missed: 2 }]);
  });

  it("tells of links, overruns and torn blocks", async () => {
    const up = { kind: "link", up: true, reason: "connected" } as const;
    const down = { kind: "link", up: false, reason: "no answer" } as const;
    const { said, news, telemetry } = await feed([
      up,
      { kind: "overrun", group: "fast", missed: 3 },
      { kind: "torn-block", waveform: 0, given: "reread" },
      down,
    ]);
    expect(news).toEqual([up, down]);
    expect(said).toEqual(["connected", "not connected; its tags are bad until it is back"]);
    expect(telemetry.map((event) => event.kind)).toEqual(["link", "overrun", "torn-block", "link"]);
  });

  it("passes on the protocol in use, where the configuration leaves it open", async () => {
    const { readings } = await feed([{ ...one(3), protocol: "s7-tunnel" } as DriverEvent, one(4)]);
    expect(readings.map(({ protocol }) => protocol)).toEqual(["s7-tunnel", undefined]);
  });

  it("tells who the device is, how it is read and what is wrong with it, one line each with its advice", async () => {
    const evidence = Array.from({ length: 9 }, (_, i) => ({
      probe: "s7" as const,
      observed: `fact ${i}`,
      bytes: "",
      supports: {},
      weight: 1 - i / 10,
      source: "a manual",
    }));
    const events: DriverEvent[] = [
      { kind: "identified", fingerprint: fingerprint({ evidence }) },
      { kind: "profile", profile: s7Profile() },
      { kind: "link", up: false, reason: "reset", diagnosis: { code: "PORT_CLOSED", observed: "reset" } },
      { kind: "diagnosis", diagnosis: { code: "S7_PUT_GET_OFF", observed: "8104" } },
      { kind: "diagnosis", diagnosis: undefined },
      { kind: "learnt", limits: { maxReadBytes: 64 } },
    ];
    const { said, news, fields } = await feed(events);
    expect(news).toEqual(events.slice(0, 5));
    expect(said).toEqual([
      "identified",
      "profile chosen",
      "not connected; its tags are bad until it is back",
      "something is wrong",
      "healed",
      "limits learnt",
    ]);
    expect(fields[0]).toMatchObject({
      verdict: "Siemens S7-300, 6ES7 315-2EH13-0AB0, firmware V2.6.1",
      confidence: 0.97,
      evidence: ["fact 0", "fact 1", "fact 2", "fact 3", "fact 4"],
      frames: 6,
    });
    expect(fields[1]).toMatchObject({ profile: "s7-native", why: "it answers as a CPU does" });
    expect(fields[3]).toMatchObject({ code: "S7_PUT_GET_OFF", observed: "8104" });
    expect(fields[3]?.["advice"]).toContain("PUT/GET");
  });

  it("keeps the connection when something behind it fails", async () => {
    let calls = 0;
    const { said } = await feed([one(1), one(2)], {
      onReadings: () => {
        calls += 1;
        throw new Error("disk on fire");
      },
    });
    expect(calls).toBe(2);
    expect(said).toEqual(["an event could not be handled", "an event could not be handled"]);
  });
});
