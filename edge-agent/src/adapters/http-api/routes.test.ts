import { describe, expect, it } from "vitest";
import { EdgeError } from "../../core/errors.ts";
import type { DeviceDto, MachineDto, ProblemDto, SpectrogramDto, WaveformDto } from "../../core/feed.ts";
import type { Reading } from "../../core/reading.ts";
import { createFft } from "../signal/fft.ts";
import {
  ALARM,
  aReading,
  aWaveform,
  FAN,
  OPEN_ALARM,
  PUMP,
  SCORE,
  SENSOR,
  START_US,
  TAGS,
} from "./fake-plant.ts";
import { startApi } from "./harness.ts";

const id = encodeURIComponent;
const post = (body: unknown) => ({ method: "POST", body });
const ids = (json: unknown): string[] => (json as { id: string }[]).map((one) => one.id);

describe("/v1/machines", () => {
  it("tells each machine with its health, scores, readings and alarms", async () => {
    await using api = await startApi();
    const { json } = await api.ask("/v1/machines");
    const [pump, fan] = json as MachineDto[];
    expect(pump).toMatchObject({
      id: PUMP,
      health: { state: "alarm", index: 42, time: "2023-11-14T22:13:20.000000Z" },
      openAlarms: 1,
      worst: "alarm",
    });
    expect(pump?.scores).toHaveLength(1);
    expect(pump?.scores[0]).not.toHaveProperty("probabilities");
    expect(fan).toMatchObject({ id: FAN, scores: [], readings: [], health: { state: "unknown" } });
  });

  it("finds one by its id with slashes and spaces", async () => {
    await using api = await startApi();
    expect((await api.ask(`/v1/machines/${id(PUMP)}`)).json).toMatchObject({ id: PUMP });
  });

  it("relearns a machine for who signs it", async () => {
    await using api = await startApi();
    const { status, json } = await api.ask(`/v1/machines/${id(PUMP)}/relearn`, post({ by: "  Ada " }));
    expect([status, json]).toMatchObject([200, { machine: PUMP, state: "alarm" }]);
    expect(api.plant.commands).toEqual([`relearn ${PUMP} Ada`]);
    expect(api.log.at(-1)).toMatchObject({
      level: "info",
      fields: { machine: PUMP, by: "Ada", from: "127.0.0.1" },
    });
  });
});

describe("/v1/alarms", () => {
  it("lists the store's alarms with the agent's own newer states, newest first", async () => {
    await using api = await startApi();
    api.history.kept = [
      { ...OPEN_ALARM, id: "old", state: "normal", raisedUs: START_US - 2e6, clearedUs: START_US - 1e6 },
      { ...OPEN_ALARM, state: "unacknowledged-active", peakAnomaly: 0.6 },
      { ...OPEN_ALARM, id: "newest", raisedUs: START_US + 1 },
    ];
    const { json } = await api.ask("/v1/alarms");
    expect(json).toMatchObject([
      { id: "newest" },
      { id: ALARM, peakAnomaly: 0.8 },
      { id: "old", clearedTime: "2023-11-14T22:13:19.000000Z" },
    ]);
    expect(ids((await api.ask("/v1/alarms?most=2")).json)).toEqual(["newest", ALARM]);
    expect(api.history.asked).toEqual(["alarms 100 false", "alarms 2 false"]);
  });

  it("lists the open ones alone when asked", async () => {
    await using api = await startApi();
    api.history.kept = [
      { ...OPEN_ALARM, id: "gone", state: "normal" },
      { ...OPEN_ALARM, id: "quiet", state: "suppressed" },
      { ...OPEN_ALARM, id: "unseen", state: "unacknowledged-cleared", raisedUs: START_US - 1 },
    ];
    expect(ids((await api.ask("/v1/alarms?open=true")).json)).toEqual([ALARM, "unseen"]);
    expect(api.history.asked).toEqual(["alarms 1000 true"]);
  });

  it("acknowledges one, and tells the same to who does it again", async () => {
    await using api = await startApi();
    const path = `/v1/alarms/${id(ALARM)}/acknowledge`;
    const first = await api.ask(path, post({ by: "Ada" }));
    expect([first.status, first.json]).toMatchObject([
      200,
      {
        id: ALARM,
        state: "acknowledged-active",
        acknowledgedBy: "Ada",
        acknowledgedTime: "2023-11-14T22:13:20.000000Z",
      },
    ]);
    const second = await api.ask(path, post({ by: "Bob" }));
    expect([second.status, second.json]).toEqual([200, first.json]);
    expect(api.plant.commands).toEqual([`acknowledge ${ALARM} Ada`]);
  });

  it("acknowledges again what was raised anew", async () => {
    await using api = await startApi();
    api.plant.change({
      kind: "alarm",
      alarm: { ...OPEN_ALARM, acknowledgedUs: START_US, acknowledgedBy: "Ada" },
    });
    const { json } = await api.ask(`/v1/alarms/${id(ALARM)}/acknowledge`, post({ by: "Bob" }));
    expect(json).toMatchObject({ state: "acknowledged-active", acknowledgedBy: "Bob" });
  });

  it("says of one that is over that there is nothing to acknowledge", async () => {
    await using api = await startApi();
    api.plant.change({ kind: "alarm", alarm: { ...OPEN_ALARM, id: "over", state: "normal" } });
    const { status, json } = await api.ask("/v1/alarms/over/acknowledge", post({ by: "Ada" }));
    expect([status, json]).toMatchObject([409, { detail: expect.stringContaining('"over" is normal') }]);
  });
});

describe("/v1/readings and /v1/tags", () => {
  it("tell the newest reading of each tag that has one", async () => {
    await using api = await startApi();
    const { json } = await api.ask("/v1/readings");
    expect((json as Reading[]).map(({ tag, value, unit }) => [tag, value, unit])).toEqual([
      [`${PUMP}/temperature`, 61.5, "Cel"],
    ]);
    expect((await api.ask(`/v1/readings?tag=${id(`${PUMP}/temperature`)}`)).json).toHaveLength(1);
    expect((await api.ask(`/v1/readings?tag=${id(`${PUMP}/current`)}`)).json).toEqual([]);
  });

  it("tell one tag with its limits, or that there is none", async () => {
    await using api = await startApi();
    const limits = { high: 80, highHigh: 95, hysteresis: 1, delayS: 10 };
    api.plant.tags = TAGS.map((tag) => (tag.name === "temperature" ? { ...tag, limits } : tag));
    const { json } = await api.ask(`/v1/tags?tag=${id(`${PUMP}/temperature`)}`);
    expect(json).toEqual([expect.objectContaining({ id: `${PUMP}/temperature`, limits })]);
    expect((await api.ask("/v1/tags?tag=gone")).status).toBe(404);
  });

  it("come in pages that name the next one", async () => {
    await using api = await startApi();
    for (const [i, tag] of TAGS.entries()) api.plant.readings.set(i, aReading(tag, i));
    const first = await api.ask("/v1/tags?most=2");
    expect(ids(first.json)).toEqual([`${PUMP}/temperature`, `${PUMP}/current`]);
    const next = /^<(.+)>; rel="next"$/.exec(first.headers["link"] as string)?.[1] ?? "";
    const second = await api.ask(next);
    expect(ids(second.json)).toEqual([`${FAN}/speed`]);
    expect(second.headers["link"]).toBeUndefined();
    const page = await api.ask("/v1/readings?most=1");
    expect(page.json).toHaveLength(1);
    expect(page.headers["link"]).toContain("/v1/readings?most=1&after=");
    const machines = await api.ask("/v1/machines?most=1");
    expect(ids(machines.json)).toEqual([PUMP]);
    expect((await api.ask("/v1/tags?after=gone")).json).toHaveLength(3);
  });

  it("follow a reload of the configuration", async () => {
    await using api = await startApi();
    expect((await api.ask(`/v1/readings?tag=${id(`${FAN}/speed`)}`)).status).toBe(200);
    const table = TAGS.slice(0, 2);
    api.plant.tags = table;
    expect((await api.ask(`/v1/readings?tag=${id(`${FAN}/speed`)}`)).status).toBe(404);
    expect((await api.ask("/v1/tags")).json).toHaveLength(2);
    // The same table with one more in it.
    table.push(...TAGS.slice(2));
    expect((await api.ask(`/v1/readings?tag=${id(`${FAN}/speed`)}`)).status).toBe(200);
  });
});

describe("/v1/trends", () => {
  it.each([
    ["tag", `${PUMP}/temperature`, "Cel"],
    ["score", SENSOR, "1"],
    ["health", PUMP, "%"],
  ])("gives the trend of a %s", async (of, subject, unit) => {
    await using api = await startApi();
    // The "+" is not written %2B and so arrives as a space.
    const range = "from=2023-11-14T22:00:00Z&to=2023-11-15T00:00:10+01:00&buckets=2";
    const { json } = await api.ask(`/v1/trends/${of}/${id(subject)}?${range}`);
    expect(json).toEqual({
      id: subject,
      unit,
      time: [1_700_000_102.5, 1_700_001_907.5],
      min: [1, null],
      max: [3, null],
      mean: [2, null],
    });
    expect(api.history.asked).toEqual([`${of} ${subject} 1699999200000000 1700002810000000 2`]);
  });

  it("covers the last hour in 500 buckets unless asked otherwise", async () => {
    await using api = await startApi();
    await api.ask(`/v1/trends/health/${id(PUMP)}`);
    expect(api.history.asked).toEqual([`health ${PUMP} ${START_US - 3.6e9} ${START_US} 500`]);
  });
});

describe("waveforms and spectrograms", () => {
  it("are given of a sensor's newest block, in the sensor's unit", async () => {
    await using api = await startApi();
    const { json } = await api.ask(`/v1/sensors/${id(SENSOR)}/waveform`);
    const waveform = json as WaveformDto;
    expect(waveform).toMatchObject({ sensor: SENSOR, unit: "[g]", sampleRateHz: 8192, totalSamples: 8192 });
    expect(waveform.samples).toHaveLength(8192);
    expect(waveform.samples[2]).toBe(1);
  });

  it("are given as a stretch when asked", async () => {
    await using api = await startApi();
    const { json } = await api.ask(`/v1/sensors/${id(SENSOR)}/waveform?first=4096&most=3`);
    expect(json).toMatchObject({ firstSampleTime: "2023-11-14T22:13:20.500000Z", totalSamples: 8192 });
    expect((json as WaveformDto).samples).toHaveLength(3);
  });

  it("show a sine where it is", async () => {
    await using api = await startApi({}, createFft);
    const { json } = await api.ask(`/v1/sensors/${id(SENSOR)}/spectrogram`);
    const { rows, columns, maxHz, seconds, db } = json as SpectrogramDto;
    expect([rows, columns, maxHz, seconds, db.length]).toEqual([128, 125, 4096, 1, 16_000]);
    // 1024 Hz of 4096 is row 32 of 128.
    expect(db[32 * columns]).toBe(0);
  });

  it("are given of the blocks around an alarm, the newest as a picture", async () => {
    await using api = await startApi({}, createFft);
    const later = { ...aWaveform(), firstSampleTimeUs: START_US + 1e6 };
    api.history.stored = [
      { sensor: SENSOR, unit: "[g]", waveform: later },
      { sensor: SENSOR, unit: "[g]", waveform: aWaveform() },
    ];
    const blocks = await api.ask(`/v1/alarms/${id(ALARM)}/waveforms?most=1`);
    expect((blocks.json as WaveformDto[]).map(({ samples, unit }) => [samples.length, unit])).toEqual([
      [1, "[g]"],
      [1, "[g]"],
    ]);
    const picture = await api.ask(`/v1/alarms/${id(ALARM)}/spectrogram`);
    expect(picture.json).toMatchObject({ firstSampleTime: "2023-11-14T22:13:21.000000Z" });
  });

  it("tell an alarm without blocks from an alarm that is not there", async () => {
    await using api = await startApi();
    api.history.stored = [];
    const path = `/v1/alarms/${id(ALARM)}`;
    expect((await api.ask(`${path}/waveforms`)).json).toEqual([]);
    expect((await api.ask(`${path}/spectrogram`)).json).toMatchObject({
      status: 404,
      detail: expect.stringContaining("no waveform was kept"),
    });
    expect((await api.ask("/v1/alarms/none/waveforms")).status).toBe(404);
  });

  it("say when a sensor has sent nothing yet", async () => {
    await using api = await startApi();
    api.plant.waveforms.clear();
    const { status, json } = await api.ask(`/v1/sensors/${id(SENSOR)}/spectrogram`);
    expect([status, json]).toMatchObject([404, { detail: expect.stringContaining("no waveform yet") }]);
  });
});

describe("/v1/devices", () => {
  it("tells of each device whether it answers, who it is and what is wrong, in the language asked for", async () => {
    await using api = await startApi();
    const english = (await api.ask("/v1/devices")).json as DeviceDto[];
    expect(english.map(({ name, up, protocol }) => [name, up, protocol])).toEqual([
      ["plc1", true, "s7"],
      ['plc "2"\n', false, "opcua"],
      ["press 3", false, "auto"],
    ]);
    expect(english[0]).not.toHaveProperty("diagnosis");
    expect(english[2]).toMatchObject({
      fingerprint: { vendor: "Siemens", family: "S7-1200", firmware: "V4.2.1", confidence: 0.97 },
      diagnosis: { code: "S7_PUT_GET_OFF", advice: expect.stringContaining("Permit access with PUT/GET") },
    });
    const chinese = (await api.ask("/v1/devices?lang=zh")).json as DeviceDto[];
    expect(chinese[2]?.diagnosis?.advice).toContain("允许来自远程对象的 PUT/GET 通信访问");
  });

  it("tells of one device all that the verdict rests on", async () => {
    await using api = await startApi();
    const { json } = await api.ask("/v1/devices/press%203");
    expect(json).toMatchObject({
      name: "press 3",
      protocols: [{ id: "s7", port: 102, state: "speaks", hasDriver: true }],
      evidence: [
        { observed: "order number 6ES7 212-1BE40-0XB0", weight: 0.95, source: "Siemens, order numbers" },
      ],
      advised: [{ mode: "s7-native", why: "it answers as a CPU does" }],
      findings: [],
      spent: { connections: 1, frames: 6 },
    });
    expect((await api.ask("/v1/devices/plc1")).json).toMatchObject({ evidence: [], advised: [] });
  });

  it("identifies a device afresh for who signs it, not twice within a minute, and only where that is left open", async () => {
    await using api = await startApi();
    const first = await api.ask("/v1/devices/press%203/identify", post({ by: "Ada" }));
    expect([first.status, (first.json as DeviceDto).name]).toEqual([202, "press 3"]);
    expect(api.log.at(-1)).toMatchObject({ level: "info", fields: { device: "press 3", by: "Ada" } });
    const again = await api.ask("/v1/devices/press%203/identify", post({ by: "Ada" }));
    expect([again.status, (again.json as ProblemDto).detail]).toEqual([
      409,
      expect.stringContaining("try again in a minute"),
    ]);
    const configured = await api.ask("/v1/devices/plc1/identify", post({ by: "Ada" }));
    expect([configured.status, (configured.json as ProblemDto).detail]).toEqual([
      409,
      expect.stringContaining("only devices with protocol auto"),
    ]);
    expect((await api.ask("/v1/devices/none/identify", post({ by: "Ada" }))).status).toBe(404);
    expect((await api.ask("/v1/devices/press%203/identify", post({}))).status).toBe(400);
  });
});

describe("/v1/status, /readyz and /metrics", () => {
  it("tell what the agent is and how it does", async () => {
    await using api = await startApi();
    const { json } = await api.ask("/v1/status");
    expect(json).toMatchObject({
      version: "0.1.0",
      model: { name: "listener", version: "1.0.0" },
      devices: [
        { name: "plc1", up: true, sinceTime: "2023-11-14T22:13:20.000000Z" },
        { up: false },
        { fingerprint: { family: "S7-1200" }, diagnosis: { code: "S7_PUT_GET_OFF" } },
      ],
      counters: { readings: 1200 },
      feedClients: 0,
      history: {
        bytes: 4096,
        readings: 1000,
        oldestTime: "2023-11-14T22:13:20.000000Z",
        uncommitted: 3,
        lost: 0,
      },
    });
  });

  it("go on without a history, but are not ready", async () => {
    await using api = await startApi();
    api.history.failure = new EdgeError("HISTORY_FAILED", "/var/lib/stethos/history.db cannot be read");
    const status = await api.ask("/v1/status");
    expect(status.status).toBe(200);
    expect(status.json).not.toHaveProperty("history");
    const metrics = await api.ask("/metrics");
    expect([metrics.status, metrics.text.includes("stethos_history_bytes")]).toEqual([200, false]);
    const ready = await api.ask("/readyz");
    expect([ready.status, ready.headers["retry-after"]]).toEqual([503, "5"]);
    expect((await api.ask("/livez")).status).toBe(200);
  });
});

describe("when the agent itself fails, an answer", () => {
  it("says that the history does, in general words; the log has the rest under the same id", async () => {
    await using api = await startApi();
    api.history.failure = new EdgeError("HISTORY_FAILED", "/var/lib/stethos/history.db cannot be read");
    const { status, json, text } = await api.ask("/v1/alarms");
    expect(status).toBe(503);
    expect(text).not.toContain("/var/lib");
    const { requestId } = json as { requestId: string };
    expect(api.log.at(-1)).toMatchObject({
      level: "error",
      fields: { requestId, route: "/v1/alarms", err: api.history.failure },
    });
  });

  it("tells nothing of a fault that nobody foresaw", async () => {
    await using api = await startApi();
    api.history.failure = new Error("secret of the house");
    const { status, text } = await api.ask("/v1/alarms");
    expect(status).toBe(500);
    expect(text).not.toContain("secret");
    expect(api.log.at(-1)?.level).toBe("error");
  });

  it("comes after ten seconds at the latest", async () => {
    await using api = await startApi();
    api.history.hangs = true;
    const asked = api.ask("/v1/alarms");
    while (api.history.asked.length === 0) await new Promise(setImmediate);
    await api.clock.advance(10_000);
    expect((await asked).status).toBe(504);
    expect(api.clock.waiting).toBe(0);
  });

  it("is no longer worked at once the client has gone", async () => {
    await using api = await startApi();
    api.history.hangs = true;
    const gone = new AbortController();
    const asked = api.ask("/v1/alarms", { signal: gone.signal }).catch((thrown: Error) => thrown.name);
    while (api.history.asked.length === 0) await new Promise(setImmediate);
    gone.abort();
    expect(await asked).toBe("AbortError");
    while (api.clock.waiting > 0) await new Promise(setImmediate);
  });
});

describe("a score without a baseline", () => {
  it("leaves out what is not known", async () => {
    await using api = await startApi();
    const { votes: _votes, features: _features, ...rest } = SCORE;
    api.plant.change({ kind: "score", score: { ...rest, state: "learning", anomaly: 0 } });
    const { json } = await api.ask(`/v1/machines/${id(PUMP)}`);
    const [score] = (json as MachineDto).scores;
    expect(score).toMatchObject({ state: "learning", anomaly: 0 });
    expect(score).not.toHaveProperty("votes");
  });
});
