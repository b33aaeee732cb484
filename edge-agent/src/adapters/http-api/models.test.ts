import { describe, expect, it } from "vitest";
import { EdgeError } from "../../core/errors.ts";
import type { FrameDto } from "../../core/feed.ts";
import type { ModelsDto } from "../../core/rollout/models-dto.ts";
import { createFft } from "../signal/fft.ts";
import { ALARM, FAN, OPEN_ALARM, PUMP, SENSOR, START_US } from "./fake-plant.ts";
import { ALARM_FRAME_ID, FRAME_ID, REPORT, TRIAL } from "./fake-rollouts.ts";
import { startApi } from "./harness.ts";

const id = encodeURIComponent;
const post = (body: unknown) => ({ method: "POST", body });
const TRIAL_PATH = "/v1/models/trial";

describe("/v1/models", () => {
  it("tells champion, challenger, evidence and what the trial waits for, in figures that JSON can write", async () => {
    await using api = await startApi();
    const { json } = await api.ask("/v1/models");
    expect(json).toMatchObject({
      champion: { version: "1.0.0", sinceTime: "2023-11-14T22:13:20.000000Z" },
      trial: {
        stage: "canary",
        stageSinceTime: "2023-11-14T22:14:20.000000Z",
        challenger: { version: "1.1.0" },
        evidence: { latency: { p50: { low: -0.5, high: 3.5 }, p99: { percent: 2, low: null, high: null } } },
        waitsFor: [{ code: "labels" }, { code: "evidence" }, { code: "latency-sure", highPercent: null }],
      },
      outcomes: [
        { kind: "rolled-back", reason: { code: "latency-rose" }, time: "2023-11-14T22:12:20.000000Z" },
      ],
      registry: { reachable: true, checkedTime: "2023-11-14T22:13:20.000000Z" },
    });
  });

  it("shows the worst sensors and counts the rest, however many there are", async () => {
    await using api = await startApi();
    const [calm, warned] = REPORT.drift.sensors;
    if (calm === undefined || warned === undefined) throw new Error("there are two");
    const many = Array.from({ length: 10_000 }, (_, i) => ({ ...calm, sensor: `s${i}`, ratio: i / 10_000 }));
    const confirmed = {
      ...warned,
      sensor: "gone",
      kind: "confirmed" as const,
      ratio: Number.POSITIVE_INFINITY,
    };
    api.rollouts.state = {
      ...REPORT,
      previous: REPORT.champion,
      drift: {
        needed: 3,
        sensors: [...many, warned, confirmed],
        wanting: { sinceUs: START_US, requested: true },
      },
    };
    const { text, json } = await api.ask("/v1/models");
    const { drift, previous } = json as ModelsDto;
    expect(drift.worst.slice(0, 3).map(({ sensor }) => sensor)).toEqual(["gone", SENSOR, "s9999"]);
    expect(drift.worst).toHaveLength(50);
    expect(drift.counts).toEqual({ blind: 0, confirmed: 1, learning: 0, stable: 10_000, warning: 1 });
    expect(drift.wanting).toEqual({ sinceTime: "2023-11-14T22:13:20.000000Z", requested: true });
    expect(previous?.version).toBe("1.0.0");
    expect(text.length).toBeLessThan(20_000);
  });

  it("writes weights of evidence beyond any bound as the largest that is shown", async () => {
    await using api = await startApi();
    const evidence = { ...TRIAL.evidence, evidenceBetter: Number.POSITIVE_INFINITY, gainPoints: Number.NaN };
    const waitsFor = [{ code: "gain-points" as const, have: Number.NaN, need: 0.5 }];
    api.rollouts.state = { ...REPORT, trial: { ...TRIAL, evidence, waitsFor } };
    const { json } = await api.ask("/v1/models");
    expect((json as ModelsDto).trial).toMatchObject({
      evidence: { evidenceBetter: 1e15, gainPoints: 0 },
      waitsFor: [{ code: "gain-points", have: 0, need: 0.5 }],
    });
  });

  it("lists disagreements and the audit log, newest first, as many as asked for", async () => {
    await using api = await startApi();
    const disagreements = await api.ask("/v1/models/disagreements");
    expect(disagreements.json).toEqual([
      {
        frame: FRAME_ID,
        machine: PUMP,
        sensor: SENSOR,
        time: "2023-11-14T22:13:20.000000Z",
        championSays: "healthy",
        challengerSays: "anomalous",
      },
    ]);
    const history = await api.ask("/v1/models/history?most=1");
    expect(history.json).toMatchObject([{ sequence: 1, by: "agent", what: "trial-started" }]);
    for (const path of ["disagreements", "history"]) {
      expect((await api.ask(`/v1/models/${path}?most=1001`)).status).toBe(400);
      expect((await api.ask(`/v1/models/${path}?most=0`)).status).toBe(400);
    }
  });
});

describe("a command to the trial", () => {
  it.each(["start", "pause", "resume", "promote", "abort"])(
    "%s is given in somebody's name",
    async (verb) => {
      await using api = await startApi();
      const { status, json } = await api.ask(
        `${TRIAL_PATH}/${verb}`,
        post({ by: " Ada ", reason: "as agreed" }),
      );
      expect([status, json]).toMatchObject([200, { champion: { version: "1.0.0" } }]);
      expect(api.rollouts.commands).toEqual([`${verb} Ada as agreed`]);
      expect(api.log.at(-1)).toMatchObject({ level: "info", fields: { command: verb, by: "Ada" } });
    },
  );

  it("answers with what it came to", async () => {
    await using api = await startApi();
    const { json } = await api.ask(`${TRIAL_PATH}/pause`, post({ by: "Ada" }));
    expect((json as ModelsDto).trial?.paused).toEqual({
      by: "Ada",
      sinceTime: "2023-11-14T22:13:20.000000Z",
    });
  });

  it.each([
    ["start", "nothing", "a trial runs already; abort it first"],
    ["start", "no-candidate", "the registry offers no candidate"],
    ["pause", "nothing", "there is no trial to pause now"],
    ["abort", "nothing", "there is no trial to abort now"],
  ] as const)("%s that comes to %s is a conflict that says so", async (verb, result, detail) => {
    await using api = await startApi();
    api.rollouts.result = result;
    const { status, json } = await api.ask(`${TRIAL_PATH}/${verb}`, post({ by: "Ada" }));
    expect([status, json]).toMatchObject([409, { detail: expect.stringContaining(detail) }]);
  });

  it.each([
    ["REGISTRY_UNREACHABLE", 503, "registry-unavailable", "s3 does not answer"],
    ["MODEL_EXPIRED", 409, "model-refused", "s3 does not answer"],
    ["DISK_FULL", 507, "disk-full", "s3 does not answer"],
    ["SCORER_FAILED", 500, "internal", "the agent's log"],
  ] as const)("that fails with %s is answered with %i", async (code, status, kind, detail) => {
    await using api = await startApi();
    api.rollouts.failure = new EdgeError(code, "s3 does not answer");
    const answer = await api.ask(`${TRIAL_PATH}/start`, post({ by: "Ada" }));
    expect([answer.status, answer.json]).toMatchObject([
      status,
      { type: `https://stethos.dev/problems/${kind}`, detail: expect.stringContaining(detail) },
    ]);
  });

  it.each([
    [{}, '"by"'],
    [{ by: "" }, '"by"'],
    [{ by: "Ada", reason: "two\nlines" }, '"reason"'],
    [{ by: "Ada", reason: "" }, '"reason"'],
    [{ by: "Ada", reason: "x".repeat(501) }, '"reason"'],
    [{ by: "Ada", force: true }, '"force" is no parameter'],
  ])("%j is refused", async (body, detail) => {
    await using api = await startApi();
    const { status, json } = await api.ask(`${TRIAL_PATH}/promote`, post(body));
    expect([status, json]).toMatchObject([400, { detail: expect.stringContaining(detail) }]);
    expect(api.rollouts.commands).toEqual([]);
  });

  it("that nobody knows is no route", async () => {
    await using api = await startApi();
    expect((await api.ask(`${TRIAL_PATH}/explode`, post({ by: "Ada" }))).status).toBe(404);
  });
});

describe("a kept frame", () => {
  it("is told with what both models say, its label and its picture", async () => {
    await using api = await startApi({}, createFft);
    const path = `/v1/frames/${id(FRAME_ID)}`;
    const { json } = await api.ask(path);
    const frame = json as FrameDto;
    expect(frame).toMatchObject({
      id: FRAME_ID,
      kind: "disagreement",
      probability: 0.2,
      challengerProbability: 0.9,
      time: "2023-11-14T22:13:21.000000Z",
      spectrogram: { sensor: SENSOR, maxHz: 4096, firstSampleTime: "2023-11-14T22:13:20.000000Z" },
    });
    expect(frame).not.toHaveProperty("samples");
    expect(frame).not.toHaveProperty("healthyFrame");
    expect(frame.spectrogram.db).toHaveLength(frame.spectrogram.rows * frame.spectrogram.columns);
    await api.ask(`${path}/label`, post({ by: "Ada", verdict: "real" }));
    expect((await api.ask(path)).json).toMatchObject({ label: { verdict: "real", by: "Ada" } });
  });

  it("is labelled however long the disk takes after the request was read", async () => {
    await using api = await startApi();
    const { label } = api.rollouts;
    api.rollouts.label = async (frame, verdict, by, note, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      signal.throwIfAborted();
      return label(frame, verdict, by, note, signal);
    };
    const body = { by: "Ada", verdict: "real" };
    expect((await api.ask(`/v1/frames/${id(FRAME_ID)}/label`, post(body))).status).toBe(200);
  });

  it("is labelled in somebody's name, with his words", async () => {
    await using api = await startApi();
    const body = { by: "Ada", verdict: "false", note: "a forklift passed" };
    const { status, json } = await api.ask(`/v1/frames/${id(FRAME_ID)}/label`, post(body));
    expect([status, json]).toEqual([
      200,
      { ...body, frame: FRAME_ID, time: "2023-11-14T22:13:20.000000Z", source: "operator" },
    ]);
    expect(api.log.at(-1)).toMatchObject({ fields: { frame: FRAME_ID, verdict: "false", by: "Ada" } });
  });

  it("that is gone is no frame", async () => {
    await using api = await startApi();
    for (const [path, request] of [
      ["/v1/frames/none", {}],
      ["/v1/frames/none/label", post({ by: "Ada", verdict: "real" })],
    ] as const) {
      const { status, json } = await api.ask(path, request);
      expect([status, json]).toMatchObject([404, { detail: expect.stringContaining('no frame "none"') }]);
    }
  });

  it.each([
    [{ by: "Ada" }, '"verdict"'],
    [{ by: "Ada", verdict: "maybe" }, '"verdict"'],
    [{ verdict: "real" }, '"by"'],
    [{ by: "Ada", verdict: "real", note: "a\u202eb" }, '"note"'],
  ])("takes no label %j", async (body, detail) => {
    await using api = await startApi();
    const { status, json } = await api.ask(`/v1/frames/${id(FRAME_ID)}/label`, post(body));
    expect([status, json]).toMatchObject([400, { detail: expect.stringContaining(detail) }]);
    expect(api.rollouts.labels.size).toBe(0);
  });
});

describe("the label of an alarm", () => {
  const path = (alarm: string) => `/v1/alarms/${id(alarm)}/label`;
  const body = { by: "Ada", verdict: "real" };

  it("labels the frames that were kept of it, and no others", async () => {
    await using api = await startApi();
    const { status, json } = await api.ask(path(ALARM), post(body));
    expect([status, json]).toMatchObject([200, [{ frame: ALARM_FRAME_ID, verdict: "real" }]]);
    expect([...api.rollouts.labels.keys()]).toEqual([ALARM_FRAME_ID]);
  });

  it("is refused where no frame was kept, or there is no such alarm", async () => {
    await using api = await startApi();
    api.plant.change({ kind: "alarm", alarm: { ...OPEN_ALARM, id: "unheard" } });
    const unheard = await api.ask(path("unheard"), post(body));
    expect([unheard.status, unheard.json]).toMatchObject([
      409,
      { detail: expect.stringContaining("no frame was kept") },
    ]);
    const none = await api.ask(path("none"), post(body));
    expect([none.status, none.json]).toMatchObject([404, { detail: expect.stringContaining("no alarm") }]);
  });

  it("is refused where the frame went meanwhile", async () => {
    await using api = await startApi();
    api.rollouts.label = async () => undefined;
    expect((await api.ask(path(ALARM), post(body))).status).toBe(409);
  });
});

describe("a work order", () => {
  const order = {
    number: "WO-17",
    machine: PUMP,
    from: "2023-11-14T20:00:00Z",
    to: "2023-11-14T22:00:00Z",
    finding: "fault",
    by: "Ada",
  };

  it("labels what it speaks of", async () => {
    await using api = await startApi();
    const { status, json } = await api.ask("/v1/work-orders", post(order));
    expect([status, json]).toEqual([200, { labelled: 1 }]);
    const [fromUs, toUs] = [START_US - 8000e6, START_US - 800e6];
    expect(api.rollouts.commands).toEqual([`work-order WO-17 ${PUMP} ${fromUs} ${toUs} fault Ada`]);
  });

  it.each([
    [{ from: order.to }, 400, '"from" must be earlier'],
    [{ from: "yesterday" }, 400, '"from": must be an RFC 3339 time'],
    [{ to: "2023-12-24T00:00:00Z" }, 400, '"to" lies in the future'],
    [{ from: "2020-01-01T00:00:00Z" }, 400, "366 days at most"],
    [{ finding: "bad luck" }, 400, '"finding"'],
    [{ number: "" }, 400, '"number"'],
    [{ number: "x".repeat(101) }, 400, '"number"'],
    [{ machine: "none" }, 404, 'no machine "none"'],
    [{ by: undefined }, 400, '"by"'],
  ])("with %j is refused", async (more, expected, detail) => {
    await using api = await startApi();
    const { status, json } = await api.ask("/v1/work-orders", post({ ...order, ...more }));
    expect([status, json]).toMatchObject([expected, { detail: expect.stringContaining(detail) }]);
    expect(api.rollouts.commands).toEqual([]);
  });

  it("may speak of a machine without sensors", async () => {
    await using api = await startApi();
    expect((await api.ask("/v1/work-orders", post({ ...order, machine: FAN }))).status).toBe(200);
  });
});
