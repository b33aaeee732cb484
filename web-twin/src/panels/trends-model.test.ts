import { describe, expect, it } from "vitest";
import type { TrendRequest } from "../stream/api.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { settled } from "../testing/settled.ts";
import { createTrendsModel, stretchOf, type Wanted } from "./trends-model.ts";

const NOW = 1_800_000_000;
const tag = (id: string) => ({ kind: "tag" as const, id });
const frozen = (ids: readonly string[], toS = NOW, spanS = 3_600): Wanted => ({
  series: ids.map(tag),
  range: { fromS: toS - spanS, toS },
  isLive: false,
  buckets: 100,
});
const live = (ids: readonly string[], toS = NOW): Wanted => ({ ...frozen(ids, toS), isLive: true });

function setUp() {
  const timers = createManualTimers();
  const asked: TrendRequest[] = [];
  const aborted: string[] = [];
  const state = { isDown: false, changes: 0, failures: 0 };
  const model = createTrendsModel({
    timers,
    api: {
      async trend(request, signal) {
        asked.push(request);
        signal.addEventListener("abort", () => aborted.push(request.id));
        await Promise.resolve();
        if (state.isDown) throw new Error("down");
        const at = request.fromMs / 1000;
        return { id: request.id, unit: "Cel", time: [at, at + 1], mean: [1, 2], min: [1, 2], max: [1, 2] };
      },
    },
    changed: () => {
      state.changes += 1;
    },
    failed: () => {
      state.failures += 1;
    },
  });
  return { model, timers, asked, aborted, state };
}

describe("the history of the trends page", () => {
  it("is asked for at once when a series is new, and when hands rest after a move", async () => {
    const { model, timers, asked } = setUp();
    model.want(frozen(["a"]));
    await settled();
    expect(asked.map(({ id }) => id)).toEqual(["a"]);
    expect(model.status(tag("a"))).toEqual({ kind: "ready" });
    expect(model.unit(tag("a"))).toBe("Cel");
    for (let i = 1; i <= 5; i += 1) model.want(frozen(["a"], NOW - i * 1_000));
    await settled();
    expect(asked).toHaveLength(1);
    timers.advance(200);
    await settled();
    expect(asked).toHaveLength(2);
    model.want(frozen(["a", "b"], NOW - 5_000));
    await settled();
    expect(asked.at(-1)?.id).toBe("b");
  });

  it("is not asked for again after a small move, nor for what was seen before", async () => {
    const { model, timers, asked } = setUp();
    const go = async (toS: number): Promise<void> => {
      model.want(frozen(["a"], toS));
      timers.advance(200);
      await settled();
    };
    await go(NOW + 600);
    const first = asked.length;
    await go(NOW + 700);
    expect(asked).toHaveLength(first);
    await go(NOW - 90_000);
    expect(asked).toHaveLength(first + 1);
    await go(NOW + 600);
    expect(asked).toHaveLength(first + 1);
    expect(model.columns(tag("a")).time).toHaveLength(2);
  });

  it("gives up a question that nobody waits for any more", async () => {
    const { model, aborted } = setUp();
    model.want(frozen(["a", "b"]));
    model.want(frozen(["b"]));
    await settled();
    expect(aborted).toEqual(["a"]);
    expect(model.columns(tag("a")).time).toEqual([]);
    expect(model.status(tag("a"))).toEqual({ kind: "loading" });
    model.dispose();
  });

  it("goes on with live values, and takes the history anew now and then", async () => {
    const { model, timers, asked } = setUp();
    model.want(live(["a"]));
    await settled();
    model.heard(tag("a"), NOW + 1, 7);
    model.heard(tag("nobody"), NOW + 1, 7);
    expect(model.columns(tag("a")).mean.at(-1)).toBe(7);
    const first = asked.length;
    model.want(live(["a"], NOW + 1));
    timers.advance(200);
    expect(asked).toHaveLength(first);
    model.want(live(["a"], NOW + 40));
    timers.advance(200);
    await settled();
    expect(asked).toHaveLength(first + 1);
  });

  it("keeps what it has while the agent is away, and can try again", async () => {
    const { model, state, asked } = setUp();
    state.isDown = true;
    model.want(frozen(["a"]));
    await settled();
    expect(model.status(tag("a")).kind).toBe("failed");
    expect(state.failures).toBe(1);
    state.isDown = false;
    model.reload();
    await settled();
    expect(model.status(tag("a"))).toEqual({ kind: "ready" });
    expect(asked).toHaveLength(2);
  });

  it("covers what is shown, with as many parts a second as the picture has room for", () => {
    const stretch = stretchOf(frozen(["a"], NOW + 13, 1_000));
    expect(stretch.fromS).toBeLessThanOrEqual(NOW + 13 - 1_000);
    expect(stretch.toS).toBeGreaterThanOrEqual(NOW + 13);
    expect(stretch.buckets).toBe(((stretch.toS - stretch.fromS) * 100) / 1_000);
  });
});
