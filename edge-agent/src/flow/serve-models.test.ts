import { createManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawFrame } from "../core/rollout/route.ts";
import type { Logger } from "../ports/logger.ts";
import type { Route, ScoreRequest, ServedScore } from "../ports/scorer.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createModelServer, defaultServePolicy, type ServePolicy } from "./serve-models.ts";
import {
  contractOf,
  createFakeModel,
  type FakeModel,
  type FakeRun,
  fakeContract,
} from "./testing/fake-models.ts";

const { signal } = new AbortController();
const trial = "t";
const shadow: Route = { kind: "shadow", share: 1, trial };
const canary: Route = { kind: "canary", share: 0.5, trial };
const full: Route = { kind: "canary", share: 1, trial };

const request = (frame: string | undefined, value = 0): ScoreRequest => ({
  samples: Float32Array.of(value),
  shaftHz: 0,
  ...(frame !== undefined && { frame }),
});

/** Names of frames as the trial draws them. */
function names(is: { readonly heads?: boolean; readonly below?: number; readonly from?: number }): string[] {
  return Array.from({ length: 4000 }, (_, i) => `frame-${i}`).filter((name) => {
    const { position, isHeads } = drawFrame(trial, name);
    const isDrawn = position < (is.below ?? 1) && position >= (is.from ?? 0);
    return isDrawn && (is.heads === undefined || is.heads === isHeads);
  });
}
const [tails = "", tails2 = ""] = names({ heads: false, below: 0.5 });
const [heads = "", heads2 = ""] = names({ heads: true, below: 0.5 });
const [outside = ""] = names({ from: 0.5 });

function start(
  more: { champion?: () => FakeRun; challenger?: () => FakeRun; policy?: Partial<ServePolicy> } = {},
) {
  const clock = createManualClock();
  const events: TelemetryEvent[] = [];
  const said: string[] = [];
  const logger: Logger = {
    debug: (_, text) => said.push(text),
    info() {},
    warn: (_, text) => said.push(text),
    error: (_, text) => said.push(text),
    child: () => logger,
  };
  const champion = createFakeModel(clock, contractOf("1.0.0"), more.champion);
  const challenger = createFakeModel(clock, contractOf("2.0.0"), more.challenger);
  const models = createModelServer({
    champion,
    clock,
    logger,
    telemetry: { emit: (event) => events.push(event) },
    policy: { ...defaultServePolicy, ...more.policy },
  });
  /** The answers once so much time has passed; undefined when they are not there yet. */
  async function scored(names: readonly (string | undefined)[], ms: number) {
    let scores: readonly ServedScore[] | undefined;
    let failure: unknown;
    models
      .score(
        names.map((name, i) => request(name, i)),
        signal,
      )
      .then(
        (done) => {
          scores = done;
        },
        (thrown) => {
          failure = thrown;
        },
      );
    await clock.advance(ms);
    if (failure !== undefined) throw failure;
    return scores;
  }
  return { models, champion, challenger, clock, events, said, scored };
}

const bySlow = (ms: number) => () => ({ ms, fails: false });
const byFailing =
  (ms = 1) =>
  () => ({ ms, fails: true });

async function pairOf(scores: readonly ServedScore[] | undefined, i = 0) {
  return scores?.[i]?.pair;
}

describe("a champion alone", () => {
  it("scores in order, says that it did, and is told to telemetry", async () => {
    const { scored, events } = start();
    const scores = await scored(["a", undefined, "c"], 1);
    expect(scores?.map(({ spectrum }) => spectrum[0])).toEqual([0, 1, 2]);
    expect(
      scores?.every(({ by, role, pair }) => by.version === "1.0.0" && role === "champion" && !pair),
    ).toBe(true);
    expect(events).toEqual([{ kind: "model-run", model: "m 1.0.0", role: "champion", frames: 3, ms: 1 }]);
  });

  it("is tried once more when it fails, and then the failure is told", async () => {
    let runs = 0;
    const once = start({ champion: () => ({ ms: 1, fails: ++runs === 1 }) });
    expect(await once.scored(["a"], 2)).toHaveLength(1);
    expect(once.said).toEqual(["scoring failed; trying once more"]);
    expect(once.events[0]).toEqual({ kind: "model-failed", model: "m 1.0.0", role: "champion", frames: 1 });
    const always = start({ champion: byFailing() });
    await expect(always.scored(["a"], 2)).rejects.toThrow("1.0.0 broke");
  });

  it("counts no failure where the run was called off", async () => {
    const { models, clock, events, said } = start({ champion: bySlow(100) });
    const stop = new AbortController();
    const run = expect(models.score([request("a")], stop.signal)).rejects.toThrow("enough");
    await clock.advance(1);
    stop.abort(new Error("enough"));
    await run;
    expect(events).toEqual([]);
    expect(said).toEqual([]);
  });
});

describe("a shadowed champion", () => {
  it("answers as soon as it has, the challenger's answer follows", async () => {
    const { models, challenger, scored, clock } = start({ challenger: bySlow(50) });
    models.setChallenger(challenger, shadow);
    const scores = await scored([tails], 1);
    expect(scores?.[0]).toMatchObject({ role: "champion", by: { version: "1.0.0" } });
    const pair = pairOf(scores);
    await clock.advance(50);
    expect(await pair).toMatchObject({
      champion: { by: { version: "1.0.0" }, ms: 1 },
      challenger: { by: { version: "2.0.0" }, ms: 50 },
      first: "champion",
      acted: "champion",
    });
  });

  it("lets the challenger go first on a toss of the coin, where the frame came alone", async () => {
    const { models, challenger, scored, champion } = start({ challenger: bySlow(5) });
    models.setChallenger(challenger, shadow);
    expect(await scored([heads], 4)).toBeUndefined();
    expect(champion.runs).toEqual([]);
    expect(await scored([], 2)).toEqual([]);
    expect(champion.runs).toEqual([[heads]]);
    const both = await scored([heads, heads2], 20);
    expect(await pairOf(both)).toMatchObject({ first: "champion" });
    expect((await pairOf(await scored([heads], 20)))?.first).toBe("challenger");
  });

  it("waits no longer for a challenger that goes first than the head start", async () => {
    const { models, challenger, scored } = start({
      challenger: bySlow(500),
      policy: { headStartMs: 20 },
    });
    models.setChallenger(challenger, shadow);
    expect(await scored([heads], 21)).toHaveLength(1);
    // It is not free: there is nothing to wait for.
    expect(await scored([heads2], 1)).toHaveLength(1);
  });

  it("has times compared over batches of the same frames", async () => {
    const { models, champion, challenger, scored } = start();
    models.setChallenger(challenger, { ...shadow, share: 0.5 });
    const scores = await scored([outside, tails, undefined, heads], 5);
    expect(scores?.map(({ spectrum }) => spectrum[0])).toEqual([0, 1, 2, 3]);
    expect(champion.runs).toEqual([
      [outside, "2"],
      [tails, heads],
    ]);
    expect(challenger.runs).toEqual([[tails, heads]]);
    expect(scores?.map(({ pair }) => pair !== undefined)).toEqual([false, true, false, true]);
  });

  it("hears in the pair that the challenger failed", async () => {
    const { models, challenger, scored, events } = start({ challenger: byFailing() });
    models.setChallenger(challenger, shadow);
    const scores = await scored([tails], 3);
    expect(scores?.[0]?.role).toBe("champion");
    expect(await pairOf(scores)).toMatchObject({ challenger: { failure: "2.0.0 broke" }, acted: "champion" });
    expect(events).toContainEqual({ kind: "model-failed", model: "m 2.0.0", role: "challenger", frames: 1 });
  });

  it("sheds comparisons when the challenger falls behind, counts them, and loses no frame of its own", async () => {
    const { models, challenger, scored, events } = start({
      challenger: bySlow(1000),
      policy: { comparingFrames: 2 },
    });
    models.setChallenger(challenger, shadow);
    const all: (readonly ServedScore[] | undefined)[] = [];
    for (let i = 0; i < 6; i += 1) all.push(await scored([tails], 1));
    expect(all.every((scores) => scores?.[0]?.role === "champion")).toBe(true);
    expect(events.filter(({ kind }) => kind === "dropped")).toEqual(
      Array.from({ length: 3 }, () => ({ kind: "dropped", queue: "shadow-frames", count: 1 })),
    );
    expect(await pairOf(all[5])).toBeUndefined();
  });
});

describe("a challenger in the canary", () => {
  it("acts on its share, and the champion is compared", async () => {
    const { models, challenger, scored, clock } = start();
    models.setChallenger(challenger, canary);
    const scores = await scored([outside, tails], 3);
    expect(scores?.map(({ role, by }) => [role, by.version])).toEqual([
      ["champion", "1.0.0"],
      ["challenger", "2.0.0"],
    ]);
    await clock.advance(5);
    expect(await pairOf(scores, 1)).toMatchObject({
      champion: { by: { version: "1.0.0" } },
      challenger: { by: { version: "2.0.0" } },
      first: "challenger",
      acted: "challenger",
    });
    const alone = await scored([heads], 5);
    expect((await pairOf(alone))?.first).toBe("champion");
  });

  it.each([
    ["at once when it fails", byFailing(), tails, "challenger"],
    ["at once when it fails after the champion", byFailing(), heads, "champion"],
    ["in bounded time when it hangs", bySlow(1e9), tails, "challenger"],
  ])("is stood in for %s", async (_, run, frame, first) => {
    const { models, champion, challenger, scored } = start({
      challenger: run,
      policy: { challengerMs: 30 },
    });
    models.setChallenger(challenger, canary);
    const scores = await scored([frame], 32);
    expect(scores?.[0]).toMatchObject({ role: "champion", by: { version: "1.0.0" } });
    expect(await pairOf(scores)).toMatchObject({
      challenger: { failure: expect.any(String) },
      first,
      acted: "champion",
    });
    expect(champion.runs).toEqual([[frame]]);
  });

  it("is alone at a share of 1, and still stood in for", async () => {
    let runs = 0;
    const { models, champion, challenger, scored } = start({
      challenger: () => ({ ms: 1, fails: ++runs > 1 }),
    });
    models.setChallenger(challenger, full);
    const [score] = (await scored([heads], 1)) ?? [];
    expect(score).toMatchObject({ role: "challenger" });
    expect(score?.pair).toBeUndefined();
    expect(champion.runs).toEqual([]);
    const [stoodIn] = (await scored([heads], 2)) ?? [];
    expect(stoodIn?.role).toBe("champion");
    expect(await stoodIn?.pair).toMatchObject({ challenger: { failure: "2.0.0 broke" } });
  });

  it("brings no pair where the champion could not be compared", async () => {
    const { models, challenger, scored } = start({ champion: byFailing() });
    models.setChallenger(challenger, canary);
    const scores = await scored([tails], 5);
    expect(scores?.[0]?.role).toBe("challenger");
    expect(await pairOf(scores)).toBeUndefined();
  });

  it("fails the frame only where both fail", async () => {
    const { models, challenger, scored } = start({ champion: byFailing(), challenger: byFailing() });
    models.setChallenger(challenger, canary);
    await expect(scored([tails], 5)).rejects.toThrow("1.0.0 broke");
  });
});

describe("a canary that hears more than it acts on", () => {
  const hearing: Route = { kind: "canary", share: 0.3, hears: 0.6, trial };
  const [acting = ""] = names({ heads: false, below: 0.3 });
  const [listening = "", listening2 = ""] = names({ heads: false, from: 0.3, below: 0.6 });
  const [aside = ""] = names({ from: 0.6 });

  it("has the champion act on the rest of what it hears, and both compared on all of it", async () => {
    const { models, champion, challenger, scored, clock } = start();
    models.setChallenger(challenger, hearing);
    const scores = await scored([listening, aside, acting, undefined, listening2], 3);
    await clock.advance(5);
    expect(scores?.map(({ spectrum, role }) => [spectrum[0], role])).toEqual([
      [0, "champion"],
      [1, "champion"],
      [2, "challenger"],
      [3, "champion"],
      [4, "champion"],
    ]);
    const pairs = await Promise.all(scores?.map(({ pair }) => pair) ?? []);
    expect(pairs.map((pair) => pair?.acted)).toEqual([
      "champion",
      undefined,
      "challenger",
      undefined,
      "champion",
    ]);
    // Times are compared over batches of the same frames; no frame is run twice by a model.
    expect(champion.runs).toEqual([[aside, "3"], [listening, listening2], [acting]]);
    expect(challenger.runs).toEqual([[acting], [listening, listening2]]);
  });

  it("has those who act run at the same time, so that a few frames do not make all wait for both", async () => {
    const { models, challenger, scored } = start({ champion: bySlow(10), challenger: bySlow(10) });
    models.setChallenger(challenger, { ...hearing, hears: 1 });
    expect((await scored([listening, acting], 10))?.map(({ role }) => role)).toEqual([
      "champion",
      "challenger",
    ]);
  });

  it("hears its share where it is to hear less", async () => {
    const { models, challenger, scored } = start();
    models.setChallenger(challenger, { ...hearing, hears: 0.1 });
    const scores = await scored([acting, listening], 5);
    expect(scores?.map(({ role, pair }) => [role, pair !== undefined])).toEqual([
      ["challenger", true],
      ["champion", false],
    ]);
  });

  it("lets go of no model while a part of the batch still runs, though another part has failed", async () => {
    const { models, challenger, clock } = start({
      champion: byFailing(1),
      challenger: bySlow(50),
      policy: { challengerMs: 1000 },
    });
    models.setChallenger(challenger, { ...hearing, hears: 0 });
    let outcome = "";
    const asked = models.score([request(aside), request(acting, 1)], signal).then(
      () => "scored",
      () => "failed",
    );
    void asked.then((how) => {
      outcome = how;
    });
    await clock.advance(10);
    const dropped = models.dropChallenger();
    await clock.advance(10);
    expect([outcome, challenger.closed]).toEqual(["", 0]);
    await clock.advance(100);
    await dropped;
    expect([outcome, challenger.closed]).toEqual(["failed", 1]);
    expect(challenger.wrongs).toEqual([]);
  });

  it("hears each frame once: by both below its share of hearing, acted on by its draw alone", async () => {
    const quick = { ms: 0, fails: false };
    const shares = fc.double({ min: 0, max: 0.99, noNaN: true });
    const batches = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(shares, shares, batches, async (share, hears, sizes) => {
        const { models, champion, challenger, clock } = start({
          champion: () => quick,
          challenger: () => quick,
        });
        models.setChallenger(challenger, { kind: "canary", share, hears, trial });
        let number = 0;
        for (const size of sizes) {
          const batch = Array.from({ length: size }, () => `one|${number++}`);
          const asked = models.score(
            batch.map((name) => request(name)),
            signal,
          );
          await clock.advance(defaultServePolicy.headStartMs * 4);
          for (const [i, { role, pair }] of (await asked).entries()) {
            const { position } = drawFrame(trial, batch[i] ?? "");
            expect(role).toBe(position < share ? "challenger" : "champion");
            expect((await pair)?.acted).toBe(position < Math.max(share, hears) ? role : undefined);
          }
        }
        const heard = (model: FakeModel) => model.runs.flat().toSorted();
        const all = Array.from({ length: number }, (_, i) => `one|${i}`);
        const both = all.filter((name) => drawFrame(trial, name).position < Math.max(share, hears));
        expect(heard(champion)).toEqual(all.toSorted());
        expect(heard(challenger)).toEqual(both.toSorted());
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});

describe("changing models", () => {
  it("promotes at once; what was under way ends with the model that it began with", async () => {
    const { models, champion, challenger, scored, clock } = start({ champion: bySlow(10) });
    models.setChallenger(challenger, { ...canary, share: 0 });
    const old = models.score([request("a")], signal);
    await clock.advance(1);
    const promoted = models.promote();
    expect(models.champion).toBe(challenger);
    expect(models.challenger).toBeUndefined();
    expect((await scored(["b"], 1))?.[0]).toMatchObject({ role: "champion", by: { version: "2.0.0" } });
    expect(champion.closed).toBe(0);
    await clock.advance(10);
    expect((await old)[0]?.by.version).toBe("1.0.0");
    await promoted;
    expect(champion.closed).toBe(1);
  });

  it("does not wait for ever for a run of the old champion: its frames go to the new one", async () => {
    const { models, champion, challenger, clock } = start({
      champion: bySlow(1e9),
      policy: { drainMs: 100 },
    });
    const hung = champion.score;
    // As a real one: closed, it fails what is under way.
    const closing = new AbortController();
    Object.assign(champion, {
      score: (batch: readonly ScoreRequest[], its: AbortSignal) =>
        hung(batch, AbortSignal.any([its, closing.signal])),
      close: async () => closing.abort(new Error("closed")),
    });
    models.setChallenger(challenger, { ...canary, share: 0 });
    const old = models.score([request("a")], signal);
    await clock.advance(1);
    const promoted = models.promote();
    await clock.advance(100);
    await promoted;
    await clock.advance(1);
    expect((await old)[0]?.by.version).toBe("2.0.0");
  });

  it("drops a challenger: what waits for it is called off, what runs ends", async () => {
    const { models, challenger, scored, clock } = start({ challenger: bySlow(100) });
    await models.dropChallenger();
    models.setChallenger(challenger, shadow);
    const running = await scored([tails], 1);
    const waiting = await scored([tails2], 1);
    const dropped = models.dropChallenger();
    expect(models.challenger).toBeUndefined();
    expect(await pairOf(waiting)).toBeUndefined();
    await clock.advance(100);
    await dropped;
    expect(await pairOf(running)).toMatchObject({ challenger: { ms: 100 } });
    expect(challenger.closed).toBe(1);
    expect(challenger.wrongs).toEqual([]);
  });

  it("changes only the route where the challenger is set again", async () => {
    const { models, challenger, scored } = start();
    models.setChallenger(challenger, shadow);
    models.setChallenger(challenger, full);
    expect((await scored([tails], 1))?.[0]?.role).toBe("challenger");
  });

  it.each([
    ["preprocessing"],
    ["windowSamples"],
    ["sampleRateHz"],
    ["frameLength"],
    ["spectrumLength"],
  ] as const)("refuses a challenger with another %s", (key) => {
    const { models, clock } = start();
    const other = createFakeModel(clock, { ...fakeContract, [key]: key === "preprocessing" ? "p2" : 77 });
    expect(() => models.setChallenger(other, shadow)).toThrow(
      expect.objectContaining({ code: "MODEL_CONTRACT", message: expect.stringContaining(key) }),
    );
    expect(models.challenger).toBeUndefined();
  });

  it("refuses what makes no sense", async () => {
    const { models, champion, challenger, clock } = start();
    await expect(models.promote()).rejects.toThrow("no challenger");
    expect(() => models.setChallenger(champion, shadow)).toThrow("itself");
    models.setChallenger(challenger, shadow);
    expect(() => models.setChallenger(createFakeModel(clock), shadow)).toThrow("drop it first");
  });

  it("closes both, and scores nothing from then on", async () => {
    const { models, champion, challenger, scored, clock } = start();
    models.setChallenger(challenger, shadow);
    await models.close();
    expect([champion.closed, challenger.closed]).toEqual([1, 1]);
    await expect(scored(["a"], 1)).rejects.toMatchObject({ code: "SCORER_FAILED" });
    expect(() => models.setChallenger(createFakeModel(clock), shadow)).toThrow("closed");
  });

  it("does not take fewer scores than frames for an answer", async () => {
    const { models, champion, clock } = start();
    Object.assign(champion, { score: async () => [] });
    const refused = expect(models.score([request("a")], signal)).rejects.toThrow("0 scores for 1 frames");
    await clock.advance(1);
    await refused;
  });
});

/** One thing that happens, after a while. */
type Step = { readonly after: number } & (
  | { readonly does: "score"; readonly frames: number }
  | { readonly does: "set"; readonly route: Route }
  | { readonly does: "drop" | "promote" }
);

const after = fc.integer({ min: 0, max: 30 });
const route = fc.record({
  kind: fc.constantFrom("shadow" as const, "canary" as const),
  share: fc.constantFrom(0, 0.3, 1),
  hears: fc.constantFrom(0, 0.6, 1),
  trial: fc.constantFrom("t1", "t2"),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      after,
      does: fc.constant("score" as const),
      frames: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ after, does: fc.constant("set" as const), route }) },
  { weight: 1, arbitrary: fc.record({ after, does: fc.constantFrom("drop" as const, "promote" as const) }) },
);
const runs = fc.array(
  fc.record({
    ms: fc.integer({ min: 0, max: 40 }),
    fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 50 },
);

/** No frame meets two failures: a second attempt, by whichever model, must always save it. */
function failingOnce(ways: readonly FakeRun[]): (batch: readonly ScoreRequest[]) => FakeRun {
  const failed = new Set<number | undefined>();
  let i = 0;
  return (batch) => {
    const { ms, fails } = ways[i++ % ways.length] ?? { ms: 0, fails: false };
    const values = batch.map(({ samples }) => samples[0]);
    const isFailing = fails && values.every((value) => !failed.has(value));
    if (isFailing) for (const value of values) failed.add(value);
    return { ms, fails: isFailing };
  };
}

async function play(steps: readonly Step[], ways: readonly FakeRun[]) {
  const clock = createManualClock();
  const nextRun = failingOnce(ways);
  const all: FakeModel[] = [];
  const fresh = () => {
    const model = createFakeModel(clock, contractOf(`${all.length + 1}.0.0`), nextRun);
    all.push(model);
    return model;
  };
  const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
  // Runs end long before the drain gives up on them: a batch may make four, each behind sixteen compared frames.
  const policy = { ...defaultServePolicy, drainMs: 1e6, challengerMs: 1e6 };
  const models = createModelServer({
    champion: fresh(),
    clock,
    logger: quiet,
    telemetry: { emit() {} },
    policy,
  });
  const answers: Promise<readonly ServedScore[]>[] = [];
  const asked: number[][] = [];
  const changes: Promise<void>[] = [];
  let number = 0;
  // As inference asks: one batch at a time, in order.
  let before: Promise<unknown> = Promise.resolve();
  const act = (one: Step) => {
    if (one.does === "score") {
      const batch = Array.from({ length: one.frames }, () => number++);
      asked.push(batch);
      const requests = batch.map((n) => request(n % 7 === 0 ? undefined : `s|${n}|0`, n));
      const answer = before.then(() => models.score(requests, signal));
      before = answer.catch(() => undefined);
      answers.push(answer);
    } else if (one.does === "set")
      models.setChallenger((models.challenger as FakeModel) ?? fresh(), one.route);
    else if (one.does === "drop") changes.push(models.dropChallenger());
    else if (models.challenger !== undefined) changes.push(models.promote());
  };
  for (const one of steps) {
    await clock.advance(one.after);
    act(one);
  }
  await clock.advance(1e5);
  const scores = await Promise.all(answers);
  await Promise.all(changes);
  const pairs = await Promise.all(scores.flat().map(({ pair }) => pair));
  const closing = models.close();
  await clock.advance(1e5);
  await closing;
  return { asked, scores, pairs, all, waiting: clock.waiting };
}

describe("any interleaving of frames, changes and failures", () => {
  it("loses, doubles and reorders nothing, and closes each model once, never in a run", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), runs, async (steps, ways) => {
        const { asked, scores, pairs, all, waiting } = await play(steps, ways);
        expect(scores.map((batch) => batch.map(({ spectrum }) => spectrum[0]))).toEqual(asked);
        expect(all.flatMap(({ wrongs }) => wrongs)).toEqual([]);
        expect(all.map(({ closed }) => closed)).toEqual(all.map(() => 1));
        for (const [i, pair] of pairs.entries()) {
          const value = scores.flat()[i]?.spectrum[0];
          if (pair === undefined) continue;
          expect(pair.champion.raw.spectrum[0]).toBe(value);
          if (!("failure" in pair.challenger)) expect(pair.challenger.raw.spectrum[0]).toBe(value);
        }
        expect(waiting).toBe(0);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
