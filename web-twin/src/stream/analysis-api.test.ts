import { describe, expect, it } from "vitest";
import { makeAlarm, makeSpectrogram } from "../testing/fixtures.ts";
import { createAnalysisApi } from "./analysis-api.ts";
import { createAsk } from "./ask.ts";

const { signal } = new AbortController();
const spectrum = {
  sensor: "s",
  kind: "envelope",
  unit: "1",
  time: "2026-11-23T08:00:00Z",
  stepHz: 1.25,
  level: [0, 1, 2],
  shaftHz: 25,
  marks: [{ name: "BPFO", hz: 88, harmonic: 1 }],
};

function setUp(body: unknown) {
  const asked: { readonly path: string; readonly body: unknown }[] = [];
  const api = createAnalysisApi(
    createAsk({
      base: "http://agent/",
      async fetch(input, init) {
        const url = new URL(String(input));
        asked.push({ path: url.pathname + url.search, body: JSON.parse(String(init?.body ?? "null")) });
        return Response.json(body);
      },
    }),
  );
  return { api, asked };
}

describe("asking what explains a machine", () => {
  it("asks for the spectrum of a sensor or an alarm", async () => {
    const { api, asked } = setUp(spectrum);
    expect(await api.spectrum({ kind: "sensor", id: "S/A" }, "envelope", signal)).toEqual(spectrum);
    await api.spectrum({ kind: "alarm", id: "a1" }, "velocity", signal);
    expect(asked.map(({ path }) => path)).toEqual([
      "/v1/sensors/S%2FA/spectrum?kind=envelope",
      "/v1/alarms/a1/spectrum?kind=velocity",
    ]);
  });

  it.each([
    ["a step of nothing", { ...spectrum, stepHz: 0 }],
    ["a mark of no known name", { ...spectrum, marks: [{ name: "BPXX", hz: 1, harmonic: 1 }] }],
    ["levels that are no numbers", { ...spectrum, level: ["1"] }],
  ])("refuses a spectrum with %s", async (_, body) => {
    await expect(
      setUp(body).api.spectrum({ kind: "sensor", id: "s" }, "envelope", signal),
    ).rejects.toMatchObject({ kind: "malformed" });
  });

  it("asks for the spectrogram against the healthy machine", async () => {
    const { api, asked } = setUp({ ...makeSpectrogram(), against: "baseline" });
    expect((await api.spectrogramAgainstBaseline("s", signal)).rows).toBe(2);
    expect(asked[0]?.path).toBe("/v1/sensors/s/spectrogram?against=baseline");
  });

  it("leaves out a similar alarm that cannot be read", async () => {
    const { api } = setUp([{ alarm: makeAlarm("a", "M1"), likeness: 0.9, label: "real" }, { likeness: 1 }]);
    expect(await api.similar("x", signal)).toMatchObject([{ likeness: 0.9, label: "real" }]);
  });

  it("reads maintenance with or without an order", async () => {
    const entry = {
      time: "2026-11-23T08:00:00Z",
      number: "7",
      finding: "fault",
      by: "Li",
      fromTime: "2026-11-22T08:00:00Z",
      toTime: "2026-11-23T08:00:00Z",
    };
    expect(await setUp({ entries: [] }).api.maintenance("M", signal)).toEqual({ entries: [] });
    const found = await setUp({ last: entry, entries: [entry, { number: 3 }] }).api.maintenance("M", signal);
    expect(found).toEqual({ last: entry, entries: [entry] });
  });

  it("files what maintenance found", async () => {
    const { api, asked } = setUp({ labelled: 3 });
    const order = { number: "7", machine: "M", finding: "fault", by: "Li", fromMs: 0, toMs: 1000 } as const;
    expect(await api.fileOrder(order, signal)).toBe(3);
    expect(asked).toEqual([
      {
        path: "/v1/work-orders",
        body: {
          number: "7",
          machine: "M",
          finding: "fault",
          by: "Li",
          from: "1970-01-01T00:00:00.000Z",
          to: "1970-01-01T00:00:01.000Z",
        },
      },
    ]);
  });
});
