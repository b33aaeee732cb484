import { describe, expect, it } from "vitest";
import type { MaintenanceDto, SpectrumDto } from "../../core/analysis-dto.ts";
import type { HealthyBands } from "../../core/band-levels.ts";
import type { SpectrogramDto } from "../../core/feed.ts";
import { createFft } from "../signal/fft.ts";
import { ALARM, aWaveform, FAN, OPEN_ALARM, PUMP, SENSOR } from "./fake-plant.ts";
import { type Bench, startApi } from "./harness.ts";

const G = 9.80665;
const ofSensor = `/v1/sensors/${encodeURIComponent(SENSOR)}/spectrum`;
const ofAlarm = `/v1/alarms/${encodeURIComponent(ALARM)}/spectrum`;

async function spectrumOf(api: Bench, path: string): Promise<SpectrumDto> {
  const { status, json } = await api.ask(path);
  expect([path, status]).toEqual([path, 200]);
  return json as SpectrumDto;
}

const highest = ({ level }: SpectrumDto): number => level.indexOf(Math.max(...level));

// The waveform of the tests is a sine of 1 g at 1024 Hz.
describe("the spectrum of a sensor", () => {
  it("is of the newest waveform, in m/s2 RMS where it measures an acceleration", async () => {
    await using api = await startApi({}, createFft);
    const spectrum = await spectrumOf(api, `${ofSensor}?kind=acceleration`);
    expect(spectrum).toMatchObject({
      sensor: SENSOR,
      kind: "acceleration",
      unit: "m/s2",
      time: "2023-11-14T22:13:20.000000Z",
    });
    expect(spectrum.level.length).toBeLessThanOrEqual(2048);
    expect(Math.abs(highest(spectrum) * spectrum.stepHz - 1024)).toBeLessThanOrEqual(spectrum.stepHz / 2);
    expect(Math.max(...spectrum.level)).toBeCloseTo(G / Math.SQRT2, 2);
  });

  it("is of velocity in mm/s unless another kind is asked for", async () => {
    await using api = await startApi({}, createFft);
    const samples = aWaveform().samples.map((_, i) => Math.sin((2 * Math.PI * 100 * i) / 8192));
    api.plant.waveforms.set(SENSOR, { ...aWaveform(), samples });
    const spectrum = await spectrumOf(api, ofSensor);
    expect(spectrum).toMatchObject({ kind: "velocity", unit: "mm/s", stepHz: 1 });
    expect(highest(spectrum)).toBe(100);
    expect(spectrum.level[100]).toBeCloseTo((1000 * G) / (2 * Math.PI * 100) / Math.SQRT2, 2);
  });

  it("marks the shaft and the bearing at the speed of the scores, as far as it reaches", async () => {
    await using api = await startApi({}, createFft);
    const { shaftHz, marks } = await spectrumOf(api, ofSensor);
    expect(shaftHz).toBe(25);
    expect(
      marks.filter(({ harmonic }) => harmonic === 1).map(({ name, hz }) => [name, Math.round(hz)]),
    ).toEqual([
      ["1x", 25],
      ["2x", 50],
      ["BPFO", 90],
      ["BPFI", 135],
      ["BSF", 120],
      ["FTF", 10],
    ]);
  });

  it("of the envelope says which band was demodulated, and is a depth", async () => {
    await using api = await startApi({}, createFft);
    const spectrum = await spectrumOf(api, `${ofSensor}?kind=envelope`);
    expect(spectrum.unit).toBe("1");
    expect(spectrum.bandHz).toHaveLength(2);
  });

  it("keeps the sensor's own unit where that is no acceleration, and then has no velocity", async () => {
    await using api = await startApi({}, createFft);
    api.plant.machines = api.plant.machines.map((machine) => ({
      ...machine,
      sensors: machine.sensors.map(({ toMetresPerSecondSquared: _, ...sensor }) => ({
        ...sensor,
        unit: "um",
      })),
    }));
    const spectrum = await spectrumOf(api, `${ofSensor}?kind=acceleration`);
    expect(spectrum.unit).toBe("um");
    expect(Math.max(...spectrum.level)).toBeCloseTo(Math.SQRT1_2, 3);
    const { status, json } = await api.ask(ofSensor);
    expect([status, (json as { detail: string }).detail]).toEqual([
      409,
      expect.stringContaining("no velocity"),
    ]);
  });

  it.each([
    ["too short", { samples: new Float32Array(100) }, "acceleration"],
    ["sampled too slowly", { sampleRateHz: 1000 }, "envelope"],
  ])("says so where a block is %s", async (_, odd, kind) => {
    await using api = await startApi({}, createFft);
    api.plant.waveforms.set(SENSOR, { ...aWaveform(), ...odd });
    expect((await api.ask(`${ofSensor}?kind=${kind}`)).status).toBe(409);
  });

  it("is refused where there is no sensor, or no waveform yet", async () => {
    await using api = await startApi({}, createFft);
    expect((await api.ask("/v1/sensors/none/spectrum")).status).toBe(404);
    api.plant.waveforms.clear();
    expect((await api.ask(ofSensor)).json).toMatchObject({
      detail: expect.stringContaining("no waveform yet"),
    });
  });
});

describe("the spectrum of an alarm", () => {
  it("is of the waveform kept with it, at the speed it was raised at", async () => {
    await using api = await startApi({}, createFft);
    const alarm = { ...OPEN_ALARM, evidence: { ...OPEN_ALARM.evidence, shaftHz: 20 } };
    api.plant.change({ kind: "alarm", alarm });
    expect(await spectrumOf(api, `${ofAlarm}?kind=acceleration`)).toMatchObject({
      sensor: SENSOR,
      unit: "m/s2",
      shaftHz: 20,
    });
  });

  it("takes the newest speed where the evidence tells none", async () => {
    await using api = await startApi({}, createFft);
    expect(await spectrumOf(api, ofAlarm)).toMatchObject({ shaftHz: 25 });
  });

  it("is shown in the stored unit where the sensor is no longer configured", async () => {
    await using api = await startApi({}, createFft);
    api.plant.machines = [];
    expect(await spectrumOf(api, `${ofAlarm}?kind=acceleration`)).toMatchObject({
      sensor: SENSOR,
      unit: "[g]",
    });
  });

  it("is refused where nothing was kept", async () => {
    await using api = await startApi({}, createFft);
    api.history.stored = [];
    expect((await api.ask(ofAlarm)).status).toBe(404);
    expect((await api.ask("/v1/alarms/none/spectrum")).status).toBe(404);
  });
});

/** A machine whose healthy sound has the same level in all 32 bands, at the rate of the model. */
const FLAT: HealthyBands = {
  sampleRateHz: 8192,
  band: { rms: 0.1, spectrum: { mean: new Float64Array(32), precision: new Float64Array() } },
};

describe("the baseline", () => {
  it("stands beside the lines of an acceleration in their unit, as far as it reaches", async () => {
    await using api = await startApi({}, createFft);
    api.plant.healthy.set(`${SENSOR} 25`, FLAT);
    const { baseline = [], level } = await spectrumOf(api, `${ofSensor}?kind=acceleration`);
    expect(baseline).toHaveLength(level.length);
    // 4096 lines of 1 Hz share the power; the Hann window counts each 1.5 times.
    for (const one of baseline) expect(one).toBeCloseTo(0.1 * G * Math.sqrt(1.5 / 4096), 4);
    expect((await spectrumOf(api, ofSensor)).baseline).toBeUndefined();
    expect((await spectrumOf(api, `${ofAlarm}?kind=acceleration`)).baseline).toEqual(baseline);
  });

  it("is shorter than the spectrum where the sensor hears more than the model, and left out where that is much", async () => {
    await using api = await startApi({}, createFft);
    api.plant.healthy.set(`${SENSOR} 25`, { ...FLAT, sampleRateHz: 4096 });
    const { baseline, level, stepHz } = await spectrumOf(api, `${ofSensor}?kind=acceleration`);
    expect(baseline).toHaveLength(Math.ceil(2048 / stepHz));
    expect(level.length).toBeGreaterThan(1000);
    api.plant.healthy.set(`${SENSOR} 25`, { ...FLAT, sampleRateHz: 2000 });
    expect((await spectrumOf(api, `${ofSensor}?kind=acceleration`)).baseline).toBeUndefined();
  });

  const path = `/v1/sensors/${encodeURIComponent(SENSOR)}/spectrogram?against=baseline`;

  it("is what a spectrogram is compared with when asked: the new line stands out", async () => {
    await using api = await startApi({}, createFft);
    for (const sampleRateHz of [8192, 4096]) {
      api.plant.healthy.set(`${SENSOR} 25`, { ...FLAT, sampleRateHz });
      const { status, json } = await api.ask(path);
      expect(status).toBe(200);
      const { rows, columns, maxHz, seconds, db, against } = json as SpectrogramDto;
      expect([rows, maxHz, seconds, against, db.length]).toEqual([
        32,
        sampleRateHz / 2,
        1,
        "baseline",
        rows * columns,
      ]);
      const meanOf = (row: number) =>
        db.slice(row * columns, (row + 1) * columns).reduce((a, b) => a + b) / columns;
      const means = Array.from({ length: rows }, (_, row) => meanOf(row));
      const [a, b] = [Math.max(...means), means.toSorted((x, y) => y - x)[1] ?? 0].map((one) =>
        means.indexOf(one),
      );
      // 1024 Hz is the edge of two bands.
      expect([a, b].toSorted((x = 0, y = 0) => x - y)).toEqual([
        (1024 * 64) / sampleRateHz - 1,
        (1024 * 64) / sampleRateHz,
      ]);
      expect(Math.max(...means)).toBeGreaterThan(20);
    }
  });

  it("is no harm where it is not known, or the block too short for it", async () => {
    await using api = await startApi({}, createFft);
    expect((await api.ask(path)).json).toMatchObject({
      status: 409,
      detail: expect.stringContaining("no baseline at its present speed yet"),
    });
    api.plant.healthy.set(`${SENSOR} 25`, FLAT);
    api.plant.waveforms.set(SENSOR, { ...aWaveform(), samples: new Float32Array(100) });
    expect((await api.ask(path)).status).toBe(409);
  });
});

describe("the maintenance of a machine", () => {
  const path = (machine: string) => `/v1/machines/${encodeURIComponent(machine)}/maintenance`;
  const file = (api: Bench, machine: string, number: string) =>
    api.ask("/v1/work-orders", {
      method: "POST",
      body: {
        by: "Ada",
        number,
        machine,
        from: "2023-11-14T20:00:00Z",
        to: "2023-11-14T22:00:00Z",
        finding: "fault",
      },
    });

  it("is what its work orders said, newest first, also where there was nothing to label", async () => {
    await using api = await startApi();
    for (const number of ["WO-1", "WO-2"]) expect((await file(api, FAN, number)).status).toBe(200);
    await file(api, PUMP, "WO-3");
    const { last, entries } = (await api.ask(path(FAN))).json as MaintenanceDto;
    expect(entries.map(({ number }) => number)).toEqual(["WO-2", "WO-1"]);
    expect(last).toEqual({
      time: "2023-11-14T22:13:21.000000Z",
      number: "WO-2",
      finding: "fault",
      by: "Ada",
      fromTime: "2023-11-14T20:00:00.000000Z",
      toTime: "2023-11-14T22:00:00.000000Z",
    });
  });

  it("is empty where nothing was filed", async () => {
    await using api = await startApi();
    expect((await api.ask(path(PUMP))).json).toEqual({ entries: [] });
    expect((await api.ask(path("none"))).status).toBe(404);
  });
});
