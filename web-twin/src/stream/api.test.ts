import { describe, expect, it } from "vitest";
import {
  at,
  makeAlarm,
  makeDisagreement,
  makeFrame,
  makeModels,
  makeSpectrogram,
} from "../testing/fixtures.ts";
import { type Api, createApi } from "./api.ts";
import { ApiError } from "./api-error.ts";
import { createAsk } from "./ask.ts";

const never = new AbortController().signal;

function answering(answer: Response | Error): { api: Api; asked: { url: string; init: RequestInit }[] } {
  const asked: { url: string; init: RequestInit }[] = [];
  const api = createApi(
    createAsk({
      base: "https://edge.plant/twin/",
      fetch: async (url, init = {}) => {
        asked.push({ url: String(url), init });
        if (answer instanceof Error) throw answer;
        return answer;
      },
    }),
  );
  return { api, asked };
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const TREND = { id: "t", unit: "Cel", time: [1, 2], min: [1, null], max: [2, null], mean: [1.5, null] };
const REQUEST = { kind: "tag", id: "S/A/t", fromMs: 0, toMs: 60_000, buckets: 600 } as const;

async function failure(work: Promise<unknown>): Promise<ApiError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("the API", () => {
  it("asks for a trend with the id's slashes escaped, relative to the page", async () => {
    const { api, asked } = answering(json(TREND));
    expect(await api.trend(REQUEST, never)).toEqual(TREND);
    expect(asked[0]?.url).toBe(
      "https://edge.plant/twin/v1/trends/tag/S%2FA%2Ft?from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A01%3A00.000Z&buckets=600",
    );
  });

  it("asks for the spectrograms of a sensor and of an alarm", async () => {
    const picture = makeSpectrogram();
    const sensor = answering(json(picture));
    expect(await sensor.api.sensorSpectrogram("M1/vibration", never)).toEqual(picture);
    expect(sensor.asked[0]?.url).toBe("https://edge.plant/twin/v1/sensors/M1%2Fvibration/spectrogram");
    const alarm = answering(json(picture));
    await alarm.api.alarmSpectrogram("a/1", never);
    expect(alarm.asked[0]?.url).toBe("https://edge.plant/twin/v1/alarms/a%2F1/spectrogram");
  });

  it("acknowledges in somebody's name and returns the alarm's new state", async () => {
    const alarm = makeAlarm("a1", "M1", {
      state: "acknowledged-active",
      acknowledgedBy: "Li",
      acknowledgedTime: at(9),
    });
    const { api, asked } = answering(json(alarm));
    expect(await api.acknowledge("a1", "Li", never)).toEqual(alarm);
    expect(asked[0]).toMatchObject({
      url: "https://edge.plant/twin/v1/alarms/a1/acknowledge",
      init: { method: "POST", body: '{"by":"Li"}' },
    });
  });

  it("asks for disagreements, a frame and the audit log", async () => {
    const list = answering(json([makeDisagreement("f/1"), { frame: 5 }]));
    expect(await list.api.disagreements(never)).toEqual([makeDisagreement("f/1")]);
    expect(list.asked[0]?.url).toBe("https://edge.plant/twin/v1/models/disagreements?most=200");
    const one = answering(json(makeFrame("f/1")));
    expect(await one.api.frame("f/1", never)).toEqual(makeFrame("f/1"));
    expect(one.asked[0]?.url).toBe("https://edge.plant/twin/v1/frames/f%2F1");
    const entry = { sequence: 1, time: at(0), by: "agent", what: "start", detail: { because: "drift" } };
    const log = answering(json([entry]));
    expect(await log.api.modelHistory(never)).toEqual([entry]);
    expect(log.asked[0]?.url).toBe("https://edge.plant/twin/v1/models/history?most=50");
  });

  it("labels frames and alarms, and commands a trial", async () => {
    const label = { frame: "f/1", verdict: "real", by: "Li", time: at(0), source: "operator" } as const;
    const given = { verdict: "real", by: "Li", note: "seen" } as const;
    const frame = answering(json(label));
    expect(await frame.api.labelFrame("f/1", given, never)).toEqual(label);
    expect(frame.asked[0]).toMatchObject({
      url: "https://edge.plant/twin/v1/frames/f%2F1/label",
      init: { method: "POST", body: JSON.stringify(given) },
    });
    const alarm = answering(json([label]));
    expect(await alarm.api.labelAlarm("a/1", given, never)).toEqual([label]);
    expect(alarm.asked[0]?.url).toBe("https://edge.plant/twin/v1/alarms/a%2F1/label");
    const trial = answering(json(makeModels()));
    expect(await trial.api.trial("pause", "Li", undefined, never)).toEqual(makeModels());
    expect(trial.asked[0]).toMatchObject({
      url: "https://edge.plant/twin/v1/models/trial/pause",
      init: { method: "POST", body: '{"by":"Li"}' },
    });
  });

  it("logs in, and asks whether it may read", async () => {
    const login = answering(new Response(null, { status: 204 }));
    await login.api.login("secret", never);
    expect(login.asked[0]?.init.body).toBe('{"token":"secret"}');
    const probe = answering(json([]));
    await probe.api.probe(never);
    expect(probe.asked[0]?.url).toBe("https://edge.plant/twin/v1/machines");
  });

  it.each([
    [401, "unauthorized"],
    [404, "not-found"],
    [503, "refused"],
  ] as const)("tells a %i as %s with the agent's own words", async (status, kind) => {
    const { api } = answering(json({ title: "x", detail: "the history does not answer" }, status));
    const error = await failure(api.trend(REQUEST, never));
    expect([error.kind, error.message]).toEqual([kind, "the history does not answer"]);
  });

  it("falls back to the status line where the refusal is not the agent's", async () => {
    const { api } = answering(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    expect((await failure(api.trend(REQUEST, never))).message).toBe("502 Bad Gateway");
  });

  it.each([
    ["columns of different length", { ...TREND, max: [1] }, "answer: expected columns of equal length 2"],
    ["a missing column", { ...TREND, mean: undefined }, "answer.mean: expected a list"],
  ])("refuses a trend with %s", async (_, body, message) => {
    const error = await failure(answering(json(body)).api.trend(REQUEST, never));
    expect([error.kind, error.message]).toEqual(["malformed", message]);
  });

  it("refuses a spectrogram whose levels do not fill it", async () => {
    const { api } = answering(json(makeSpectrogram({ columns: 4 })));
    const error = await failure(api.sensorSpectrogram("s", never));
    expect(error.message).toBe("answer.db: expected 2 x 4 values, not 6");
  });

  it("tells an answer that is no JSON as malformed", async () => {
    const error = await failure(answering(new Response("oops")).api.trend(REQUEST, never));
    expect(error.kind).toBe("malformed");
  });

  it("tells a dead network as unreachable and keeps the cause", async () => {
    const cause = new TypeError("Failed to fetch");
    const error = await failure(answering(cause).api.probe(never));
    expect([error.kind, error.cause]).toEqual(["unreachable", cause]);
  });

  it("tells a late answer as a timeout", async () => {
    const late = new DOMException("The operation timed out.", "TimeoutError");
    const error = await failure(answering(late).api.probe(never));
    expect([error.kind, error.message]).toEqual(["timeout", "no answer in 10 s"]);
  });

  it("rejects with the signal's reason where the caller gave up", async () => {
    const abort = new AbortController();
    abort.abort(new Error("no longer wanted"));
    const { api } = answering(new DOMException("aborted", "AbortError"));
    await expect(api.probe(abort.signal)).rejects.toThrow("no longer wanted");
  });
});
