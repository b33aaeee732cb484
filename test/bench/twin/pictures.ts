import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import type { Bench as Scene } from "../../browser/scene-bench.ts";
import { median, type Report } from "../harness.ts";
import { openPage } from "./browser-page.ts";

declare const bench: Scene;

const ROUNDS = 7;
const PICKS = 40;
/** Clocks of pages are coarse: a pick is repeated. */
const REPEATS = 20;
const ALARMS = 0.004;

interface Taken {
  readonly raw: number;
  readonly naive: number;
  readonly deckUpdate: number;
  /** Ours, all points drawn one by one. */
  readonly everything: number;
  readonly points: number;
  readonly changed: number;
  /** All points change, are adopted and drawn. */
  readonly update: number;
}
export type Pictures = Taken & { readonly pickMs: number; readonly naivePickMs: number };

/** Whole pictures of 100,000 points, each waited for: every page in turn, medians of the rounds. */
export async function measurePictures(
  browser: Browser,
  urls: { readonly baselines: string; readonly scene: string },
  report: Report,
): Promise<Pictures> {
  const baseline = (name: string) =>
    openPage(browser, `${urls.baselines}/${name}/${name}.html`, "globalThis.baseline !== undefined");
  const raw = await baseline("raw-points");
  const naive = await baseline("naive-instanced");
  const deck = await baseline("deckgl");
  const scene = await openPage(
    browser,
    `${urls.scene}/scene.html?plant=large&points=100000&alarms=${ALARMS}&every`,
    "globalThis.bench?.scene.probe.t.plant !== undefined",
  );
  const rounds: Taken[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const taken: Taken = {
      raw: await frame(raw.page),
      ...(await sceneFrames(scene.page, round)),
      naive: await frame(naive.page),
      deckUpdate: await deck.page.evaluate(() => window.baseline?.changeAll() ?? Number.NaN),
    };
    report(
      `pictures, ms: ${Object.entries(taken)
        .map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
        .join(", ")}`,
    );
    if (round > 0) rounds.push(taken);
  }
  const [pickMs, naivePickMs] = await picks(scene.page, naive.page);
  for (const page of [raw, naive, deck, scene]) await page.close();
  const of = (name: keyof Taken): number => median(rounds.map((round) => round[name]));
  return {
    raw: of("raw"),
    naive: of("naive"),
    deckUpdate: of("deckUpdate"),
    everything: of("everything"),
    points: of("points"),
    changed: of("changed"),
    update: of("update"),
    pickMs,
    naivePickMs,
  };
}

/** After what the page before it still had to show. */
const REST_MS = 300;
const frame = async (page: Page): Promise<number> => {
  await wait(REST_MS);
  return await page.evaluate(() => window.baseline?.frame() ?? Number.NaN);
};

const sceneFrames = (page: Page, seed: number) =>
  page.evaluate(
    async ([round, alarms]) => {
      const { points, scene } = bench;
      const { probe } = scene;
      /** What the change asked for itself is drawn meanwhile. */
      const rest = (): Promise<unknown> => new Promise((done) => setTimeout(done, 300));
      await rest();
      points.shuffle(2 * round + 1, 0.02, alarms);
      const everything = probe.renderNow("everything");
      // The first picture after the camera moved also keeps the plant; those after it are what a still camera shows.
      probe.renderNow("points");
      await rest();
      const start = performance.now();
      points.shuffle(2 * round + 2, 0.02, alarms);
      const pictureMs = probe.renderNow("points");
      const update = performance.now() - start;
      await rest();
      points.toggle(20, round);
      const changed = probe.renderNow("changed");
      await rest();
      return { everything, points: pictureMs, update, changed };
    },
    [seed, ALARMS] as const,
  );

/** Medians of places aimed at points. */
async function picks(scene: Page, naive: Page): Promise<readonly [number, number]> {
  const places = await scene.evaluate((count) => {
    const { probe } = bench.scene;
    const found: { readonly x: number; readonly y: number }[] = [];
    const step = Math.floor(probe.counts().points / count);
    for (let i = 0; i < count; i += 1) {
      const at = probe.project(i * step);
      if (at !== undefined) found.push({ x: at.x, y: at.y });
    }
    return found;
  }, PICKS);
  const ours = await scene.evaluate(
    ({ at, repeats }) =>
      at.map(({ x, y }) => {
        const start = performance.now();
        for (let i = 0; i < repeats; i += 1) bench.scene.probe.pick(x, y);
        return (performance.now() - start) / repeats;
      }),
    { at: places, repeats: REPEATS },
  );
  const theirs = await naive.evaluate(
    (at) => at.map(({ x, y }) => window.naivePick?.(x, y) ?? Number.NaN),
    places,
  );
  return [median(ours), median(theirs)];
}
