import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "./chromium.ts";
import { saveCoverage, startCoverage } from "./coverage.ts";
import type { Bench } from "./scene-bench.ts";
import { type ScenePages, serveScenePages } from "./scene-page.ts";

declare const bench: Bench;

const state: { pages?: ScenePages; browser?: Browser } = {};
const open: Page[] = [];
const complaints: string[] = [];
let opened = 0;

const existing = <T>(thing: T | undefined): T => {
  if (thing === undefined) throw new Error("the test is not set up");
  return thing;
};

/** Remarks about the machine that runs the test, not about the page. */
const IGNORED =
  /GPU stall|GL Driver Message|Failed to load resource|CONTEXT_LOST|Context Lost|Context Restored/i;

async function openScene(query: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await existing(state.browser).newContext({
    viewport: { width: 960, height: 600 },
    ...options,
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const isLoud = message.type() === "error" || message.type() === "warning";
    if (isLoud && !IGNORED.test(message.text())) complaints.push(message.text());
  });
  open.push(page);
  await startCoverage(page);
  await page.goto(`${existing(state.pages).url}/scene.html?${query}`);
  await page.waitForFunction(() => bench.scene.probe.t.plant !== undefined);
  await quiet(page);
  return page;
}

/** Waits until nothing is drawn any more. */
async function quiet(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const wait = (ms: number): Promise<unknown> => new Promise((done) => setTimeout(done, ms));
    const drawn = (): string => JSON.stringify(bench.scene.probe.frame.total);
    for (let before = ""; before !== drawn(); await wait(700)) before = drawn();
  });
}

/** A point that can be seen, and its place. */
const visiblePoint = (page: Page): Promise<{ point: number; x: number; y: number; tag: string }> =>
  page.evaluate(() => {
    const { probe } = bench.scene;
    for (let point = 0; point < probe.counts().points; point += 1) {
      const at = probe.project(point);
      if (at === undefined) continue;
      const tag = probe.pick(at.x, at.y);
      if (tag?.endsWith(`/p${point % 50}`) === true && bench.points.find(tag) === point) {
        return { point, tag, x: at.x, y: at.y };
      }
    }
    throw new Error("no point can be seen");
  });

/** Pixels of about a colour around a place. */
const pixelsLike = (page: Page, colour: string, x: number, y: number, half: number): Promise<number> =>
  page.evaluate(
    ([wanted, px, py, h]) => {
      const { height } = document.querySelector("canvas") ?? { height: 0 };
      const data = bench.scene.probe.pixels(
        Math.round(px) - h,
        height - Math.round(py) - h,
        2 * h + 1,
        2 * h + 1,
      );
      const bits = Number.parseInt(wanted.slice(1), 16);
      const rgb = [bits >> 16, (bits >> 8) & 255, bits & 255];
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (rgb.every((channel, k) => Math.abs((data[i + k] ?? 0) - channel) <= 3)) count += 1;
      }
      return count;
    },
    [colour, x, y, half] as const,
  );

const approach = async (page: Page): Promise<void> => {
  await page.evaluate(() => bench.scene.goto("works/a0/line/cell/m5"));
  await quiet(page);
};

/** Bytes of the picture that differ from those of a full redraw. */
const staleBytes = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { probe } = bench.scene;
    const before = probe.pixels();
    probe.renderNow("everything");
    const after = probe.pixels();
    let differing = 0;
    for (let i = 0; i < after.length; i += 1) if (before[i] !== after[i]) differing += 1;
    return differing;
  });

beforeAll(async () => {
  state.pages = await serveScenePages(true);
  state.browser = await launchChromium();
}, 120_000);
afterEach(async () => {
  for (const page of open.splice(0)) {
    opened += 1;
    await saveCoverage(page, existing(state.pages).folder, `scene-${process.pid}-${opened}`);
    await page.context().close();
  }
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await state.browser?.close();
  await state.pages?.close();
});

const ALARM = "#ff7468";

describe("what the scene draws", () => {
  it("shows a point that becomes critical as a red diamond, and no longer once it is well again", async () => {
    const page = await openScene("points=2000");
    await approach(page);
    const { point, x, y } = await visiblePoint(page);
    expect(await pixelsLike(page, ALARM, x, y, 6)).toBe(0);
    await page.evaluate((p) => bench.points.set([p], 3), point);
    await quiet(page);
    const whole = await pixelsLike(page, ALARM, x, y, 12);
    expect(whole).toBeGreaterThan(30);
    // A diamond leaves the corners of its square free.
    expect(await pixelsLike(page, ALARM, x - 8, y - 8, 2)).toBe(0);
    await page.evaluate((p) => bench.points.set([p], 0), point);
    await quiet(page);
    expect(await pixelsLike(page, ALARM, x, y, 12)).toBe(0);
  });

  it("shows above an asset that one of its points is in alarm, also where that point is hidden", async () => {
    const page = await openScene("points=2000");
    await approach(page);
    const hidden = await page.evaluate(() => {
      const { probe } = bench.scene;
      const { height } = document.querySelector("canvas") ?? { height: 0 };
      for (let point = 250; point < 300; point += 1) {
        const at = probe.project(point) ?? { x: 0, y: 0 };
        const [red = 255] = probe.pixels(Math.round(at.x), height - Math.round(at.y), 1, 1);
        // Equipment is darker than any glyph.
        if (red < 0x70) return point;
      }
      throw new Error("every point can be seen");
    });
    await page.evaluate((p) => bench.points.set([p], 3), hidden);
    await quiet(page);
    const top = await page.evaluate(() => bench.scene.probe.projectAsset(5));
    expect(await pixelsLike(page, ALARM, top?.x ?? 0, top?.y ?? 0, 10)).toBeGreaterThan(30);
    await page.evaluate((p) => bench.points.set([p], 0), hidden);
    await quiet(page);
    expect(await pixelsLike(page, ALARM, top?.x ?? 0, top?.y ?? 0, 10)).toBe(0);
    expect(await staleBytes(page)).toBe(0);
  });

  it("draws the same over the kept plant as from the beginning", async () => {
    const page = await openScene("points=20000&alarms=0.003&every");
    await page.evaluate(() => bench.scene.probe.renderNow("points"));
    expect(await staleBytes(page)).toBe(0);
  });

  it("leaves no stale pixel after many small changes, once it is quiet", async () => {
    const page = await openScene("points=20000&alarms=0.003&every");
    const total = await page.evaluate(async () => {
      for (let i = 0; i < 100; i += 1) {
        bench.points.toggle(20, i % 20);
        await new Promise((drawn) => requestAnimationFrame(drawn));
      }
      return { ...bench.scene.probe.frame.total };
    });
    expect(total.changed).toBeGreaterThan(5);
    await quiet(page);
    expect(await staleBytes(page)).toBe(0);
  });

  it("leaves no stale pixel where glyphs take other shapes", async () => {
    const page = await openScene("points=2000&every");
    await page.evaluate(async () => {
      for (let i = 0; i < 40; i += 1) {
        bench.points.set([i * 7, i * 11], (i % 4) | (i % 3 === 0 ? 64 : 0));
        await new Promise((drawn) => requestAnimationFrame(drawn));
      }
    });
    await quiet(page);
    expect(await staleBytes(page)).toBe(0);
  });

  it("fills a good part of the picture", async () => {
    const page = await openScene("points=2000");
    const share = await page.evaluate(() => {
      const data = bench.scene.probe.pixels();
      let other = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i] !== 0x14 || data[i + 1] !== 0x18 || data[i + 2] !== 0x1d) other += 1;
      }
      return (4 * other) / data.length;
    });
    expect(share).toBeGreaterThan(0.05);
  });

  it("covers as many pixels with alarms in each palette", async () => {
    const page = await openScene("points=20000&alarms=0.003");
    const counts: number[] = [];
    for (const [palette, colour] of [
      ["dark", ALARM],
      ["light", "#ae1710"],
      ["colour-blind", "#ff8a3d"],
    ] as const) {
      await page.evaluate((name) => bench.store.setPalette(name), palette);
      await quiet(page);
      counts.push(await pixelsLike(page, colour, 480, 300, 299));
    }
    const [dark = 0, light = 0, blind = 0] = counts;
    expect(dark).toBeGreaterThan(500);
    expect(Math.abs(light / dark - 1)).toBeLessThan(0.01);
    expect(Math.abs(blind / dark - 1)).toBeLessThan(0.01);
  });

  it("gives each state a shape of its own, so that a grey print still tells them apart", async () => {
    const page = await openScene("points=2000", { reducedMotion: "reduce" });
    await approach(page);
    const { point, x, y } = await visiblePoint(page);
    // Normal, warning, alarm, stale, out of service, returned and not acknowledged.
    const shapes: boolean[][] = [];
    for (const [byte, colour] of [
      [0, "#b4bec8"],
      [2, "#ffc83d"],
      [3, ALARM],
      [64, "#b9a06a"],
      [32, "#93a0ac"],
      [8, "#62b5ff"],
    ] as const) {
      await page.evaluate(([p, to]) => bench.points.set([p], to), [point, byte] as const);
      await quiet(page);
      shapes.push(
        await page.evaluate(
          ([px, py, wanted]) => {
            const { height } = document.querySelector("canvas") ?? { height: 0 };
            const data = bench.scene.probe.pixels(Math.round(px) - 14, height - Math.round(py) - 14, 29, 29);
            const bits = Number.parseInt(wanted.slice(1), 16);
            return Array.from({ length: 29 * 29 }, (_, i) =>
              [bits >> 16, (bits >> 8) & 255, bits & 255].every(
                (channel, k) => Math.abs((data[4 * i + k] ?? 0) - channel) <= 3,
              ),
            );
          },
          [x, y, colour] as const,
        ),
      );
    }
    const size = (shape: readonly boolean[]): number => shape.filter(Boolean).length;
    for (const [i, one] of shapes.entries()) {
      expect(size(one)).toBeGreaterThan(10);
      for (const other of shapes.slice(i + 1)) {
        const differing = one.filter((is, k) => is !== other[k]).length;
        expect(differing / Math.max(size(one), size(other))).toBeGreaterThan(0.25);
      }
    }
  });

  it.each([0, 4])("draws with %i samples of an edge", async (samples) => {
    const page = await openScene(`points=2000&alarms=0.01&samples=${samples}`);
    expect(await staleBytes(page)).toBe(0);
    expect(await pixelsLike(page, ALARM, 480, 300, 299)).toBeGreaterThan(100);
  });

  it("dulls everything while the data is old", async () => {
    const page = await openScene("points=2000&alarms=0.01");
    await page.evaluate(() => bench.points.setStale(true));
    await quiet(page);
    expect(await pixelsLike(page, ALARM, 480, 300, 299)).toBe(0);
    await page.evaluate(() => bench.points.setStale(false));
    await quiet(page);
    expect(await pixelsLike(page, ALARM, 480, 300, 299)).toBeGreaterThan(100);
  });

  it("shows no state before the first news, and crosses once that has not come for too long", async () => {
    const page = await openScene("points=2000&waiting");
    const dull = "#b9a06a";
    const waiting = await pixelsLike(page, dull, 480, 300, 299);
    expect(waiting).toBeGreaterThan(100);
    expect(await pixelsLike(page, "#b4bec8", 480, 300, 299)).toBe(0);
    await page.evaluate(() => bench.points.set([0, 1, 2], 64));
    await page.evaluate(() => bench.points.setStale(true));
    await quiet(page);
    expect(await pixelsLike(page, dull, 480, 300, 299)).not.toBe(waiting);
    expect(await staleBytes(page)).toBe(0);
  });

  it("colours the points of one kind by their value, and goes back to their states", async () => {
    const page = await openScene("points=2000&alarms=0.01&every");
    const before = await page.evaluate(() => [...bench.scene.probe.pixels()].join());
    await page.evaluate(() => bench.scene.heat(0));
    await quiet(page);
    expect(await staleBytes(page)).toBe(0);
    const during = await page.evaluate(() => [...bench.scene.probe.pixels()].join());
    expect(during === before).toBe(false);
    await page.evaluate(() => bench.points.toggle(3, 0));
    await page.evaluate(() => bench.points.toggle(3, 0));
    await page.evaluate(() => bench.scene.heat(undefined));
    await quiet(page);
    expect((await page.evaluate(() => [...bench.scene.probe.pixels()].join())) === before).toBe(true);
  });
});

describe("large plants", () => {
  it.each([100_000, 1_000_000])(
    "shows %i points in few draw calls, one glyph for each small asset",
    async (n) => {
      const page = await openScene(`points=${n}&alarms=0.0005`);
      const counts = await page.evaluate(() => bench.scene.probe.counts());
      expect(counts.points).toBe(n);
      expect(counts.assets).toBe(n / 50);
      expect(counts.drawCalls).toBeLessThanOrEqual(40);
      expect(counts.drawnAssets).toBe(n / 50);
      expect(await pixelsLike(page, ALARM, 480, 300, 299)).toBeGreaterThan(500);
      await approach(page);
      const near = await page.evaluate(() => bench.scene.probe.counts());
      expect(near.drawnPoints).toBeGreaterThan(0);
      expect(near.drawCalls).toBeLessThanOrEqual(40);
      expect(await staleBytes(page)).toBe(0);
    },
  );

  it("makes the same picture without the points that lie behind others on the same pixels", async () => {
    const page = await openScene("points=20000&every&alarms=0.003");
    const differing = await page.evaluate(() => {
      const { probe, heat } = bench.scene;
      // While values are shown as colours all points are drawn: here those of a kind that no point has.
      heat(9);
      probe.renderNow("everything");
      const all = probe.pixels();
      heat(undefined);
      probe.renderNow("everything");
      const thinned = probe.pixels();
      let count = 0;
      for (let i = 0; i < all.length; i += 4) {
        if ([0, 1, 2].some((channel) => all[i + channel] !== thinned[i + channel])) count += 1;
      }
      return (4 * count) / all.length;
    });
    // Where a point lies on the edge of a pixel, the processor of graphics may round it to the other side.
    expect(differing).toBeLessThan(0.0005);
  });

  it("draws every single point when asked to", async () => {
    const page = await openScene("points=100000&every");
    expect(await page.evaluate(() => bench.scene.probe.counts().drawnPoints)).toBe(100_000);
    await page.evaluate(() => bench.points.toggle(2, 0));
    await page.evaluate(() => bench.points.shuffle(3, 0.1, 0.01));
    await quiet(page);
    expect(await staleBytes(page)).toBe(0);
  });
});

describe("when the scene draws", () => {
  it("draws nothing while nothing changes", async () => {
    const page = await openScene("points=2000&alarms=0.01");
    const drawn = (): Promise<string> => page.evaluate(() => JSON.stringify(bench.scene.probe.frame.total));
    const before = await drawn();
    await quiet(page);
    await quiet(page);
    expect(await drawn()).toBe(before);
  });

  it("draws nothing behind the table, and all that it missed afterwards", async () => {
    const page = await openScene("points=2000");
    await page.evaluate(() => bench.store.showAs("table"));
    await quiet(page);
    const before = await page.evaluate(() => JSON.stringify(bench.scene.probe.frame.total));
    await page.evaluate(() => bench.points.shuffle(5, 0, 0.05));
    await quiet(page);
    expect(await page.evaluate(() => JSON.stringify(bench.scene.probe.frame.total))).toBe(before);
    await page.evaluate(() => bench.store.showAs("scene"));
    await quiet(page);
    expect(await pixelsLike(page, ALARM, 480, 300, 299)).toBeGreaterThan(100);
  });

  it("blinks what nobody has seen, a few glyphs at a time; with reduced motion it stands still in a ring", async () => {
    const changed = (page: Page): Promise<number> =>
      page.evaluate(() => bench.scene.probe.frame.total.changed);
    const raise = (page: Page): Promise<void> => page.evaluate(() => bench.points.set([3, 400], 3 | 4));
    const moving = await openScene("points=2000&every");
    await raise(moving);
    const before = await changed(moving);
    await expect.poll(() => changed(moving), { timeout: 15_000 }).toBeGreaterThanOrEqual(before + 3);
    const still = await openScene("points=2000&every", { reducedMotion: "reduce" });
    await raise(still);
    await quiet(still);
    const settled = await changed(still);
    await quiet(still);
    await quiet(still);
    expect(await changed(still)).toBe(settled);
  });

  it("comes back within two seconds after the browser took its context", async () => {
    const page = await openScene("points=20000&alarms=0.003");
    const before = await page.evaluate(() => [...bench.scene.probe.pixels()].join());
    await page.evaluate(() => bench.scene.probe.loseContext());
    await page.waitForFunction(() => bench.events.includes("lost"));
    await page.evaluate(() => bench.points.toggle(20, 0));
    await page.evaluate(() => bench.points.toggle(20, 0));
    const ms = await page.evaluate(async () => {
      const total = (): number => bench.scene.probe.frame.total.everything;
      const [start, drawn] = [performance.now(), total()];
      bench.scene.probe.restoreContext();
      while (total() === drawn) await new Promise((done) => setTimeout(done, 10));
      bench.scene.probe.renderNow("everything");
      return performance.now() - start;
    });
    expect(ms).toBeLessThan(2_000);
    expect((await page.evaluate(() => [...bench.scene.probe.pixels()].join())) === before).toBe(true);
  });

  it("follows the size of its place", async () => {
    const page = await openScene("points=2000");
    await page.setViewportSize({ width: 500, height: 800 });
    await quiet(page);
    const size = await page.evaluate(() => {
      const canvas = document.querySelector("canvas");
      return [canvas?.width, canvas?.height, bench.scene.probe.pixels().length];
    });
    expect(size).toEqual([500, 800, 4 * 500 * 800]);
  });

  it("takes everything with it when it is disposed of", async () => {
    const page = await openScene("points=2000");
    await page.evaluate(() => bench.scene.dispose());
    expect(await page.evaluate(() => document.querySelectorAll("#host > *").length)).toBe(0);
    await page.evaluate(() => bench.points.shuffle(5, 0, 0.05));
    await page.waitForTimeout(300);
  });
});

describe("what hands do in the scene", () => {
  it("selects the point or the asset under the mouse, and tells what lies there", async () => {
    const page = await openScene("points=2000");
    await approach(page);
    const { x, y, tag } = await visiblePoint(page);
    await page.mouse.move(x, y);
    await page.waitForFunction(() => bench.hover?.target.kind === "point");
    await page.mouse.click(x, y);
    await page.waitForFunction(() => bench.events.some((event) => event.startsWith("point ")));
    expect(await page.evaluate(() => bench.events.at(-1))).toBe(`point ${tag}`);
    expect(await page.evaluate(() => bench.store.view().selection.point)).toBe(tag);
    await quiet(page);
    expect(await staleBytes(page)).toBe(0);
    await page.evaluate(() => bench.scene.fit());
    await quiet(page);
    const roof = await page.evaluate(() => bench.scene.probe.projectAsset(2));
    await page.mouse.click(roof?.x ?? 0, (roof?.y ?? 0) + 3);
    expect(await page.evaluate(() => bench.events.at(-1))).toMatch(/m2(\/p\d+)?$/);
  });

  it("turns, moves and zooms to what is under the cursor", async () => {
    const page = await openScene("points=2000");
    const at = (): Promise<{ x: number; y: number } | undefined> =>
      page.evaluate(() => bench.scene.probe.projectAsset(0));
    const first = await at();
    await page.mouse.move(600, 300);
    await page.mouse.down();
    await page.mouse.move(700, 320, { steps: 4 });
    await page.mouse.up();
    const turned = await at();
    expect(turned).not.toEqual(first);
    await page.mouse.down({ button: "right" });
    await page.mouse.move(640, 360, { steps: 4 });
    await page.mouse.up({ button: "right" });
    const moved = await at();
    expect(moved).not.toEqual(turned);
    // What stands on the floor under the cursor stays there.
    await page.evaluate(() => bench.scene.fit());
    await quiet(page);
    const ground = await page.evaluate(() => bench.scene.probe.project(0));
    await page.mouse.move(ground?.x ?? 0, ground?.y ?? 0);
    await page.mouse.wheel(0, -300);
    await quiet(page);
    const after = await page.evaluate(() => bench.scene.probe.project(0));
    expect(Math.hypot((after?.x ?? 0) - (ground?.x ?? 0), (after?.y ?? 0) - (ground?.y ?? 0))).toBeLessThan(
      12,
    );
    const counts = await page.evaluate(() => bench.events.length);
    expect(counts).toBe(1);
  });

  it("goes where one clicks twice, and where a key says", async () => {
    const page = await openScene("points=20000");
    const spot = await page.evaluate(() => bench.scene.probe.projectAsset(7));
    await page.mouse.dblclick(spot?.x ?? 0, (spot?.y ?? 0) + 2);
    await quiet(page);
    expect(await page.evaluate(() => bench.scene.probe.counts().drawnPoints)).toBeGreaterThan(0);
    await page.evaluate(() => bench.store.selectAsset("works/a0/line/cell/m3"));
    await page.locator("#host").focus();
    await page.keyboard.press("Home");
    await quiet(page);
    expect(await page.evaluate(() => bench.scene.probe.counts().drawnPoints)).toBe(0);
    await page.keyboard.press("f");
    await quiet(page);
    const [x = 0, y = 0] = await page.evaluate(() => {
      const at = bench.scene.probe.projectAsset(3);
      return [at?.x ?? 0, at?.y ?? 0];
    });
    expect(Math.abs(x - 480)).toBeLessThan(120);
    expect(Math.abs(y - 300)).toBeLessThan(160);
    for (const key of ["ArrowLeft", "ArrowUp", "Shift+ArrowLeft", "+", "-"]) {
      const before = await page.evaluate(() => JSON.stringify(bench.scene.probe.projectAsset(3)));
      await page.keyboard.press(key);
      expect(await page.evaluate(() => JSON.stringify(bench.scene.probe.projectAsset(3)))).not.toBe(before);
    }
  });

  it("goes to what the first of two clicks met, wherever the camera is by the second", async () => {
    const page = await openScene("points=20000");
    const spot = await page.evaluate(() => bench.scene.probe.projectAsset(7));
    const [x, y] = [spot?.x ?? 0, (spot?.y ?? 0) + 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.up();
    const first = await page.evaluate(() => bench.events.at(-1));
    await page.evaluate(() => bench.scene.goto("works/a0/line/cell/m20"));
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    await page.waitForFunction(() => bench.scene.probe.isAtRest() && bench.events.includes("visited"));
    expect(first).toMatch(/m7(\/p\d+)?$/);
    expect(await page.evaluate(() => bench.store.view().selection.asset)).toMatch(/m7$/);
    const at = await page.evaluate(() => bench.scene.probe.projectAsset(7));
    expect(Math.abs((at?.x ?? 0) - 480)).toBeLessThan(120);
    expect(Math.abs((at?.y ?? 0) - 300)).toBeLessThan(160);
  });

  it("goes where a finger taps twice", async () => {
    const page = await openScene("points=20000", { hasTouch: true });
    const spot = await page.evaluate(() => bench.scene.probe.projectAsset(7));
    for (let taps = 0; taps < 2; taps += 1) await page.touchscreen.tap(spot?.x ?? 0, (spot?.y ?? 0) + 2);
    await page.waitForFunction(() => bench.events.includes("visited") && bench.scene.probe.isAtRest());
    const at = await page.evaluate(() => bench.scene.probe.projectAsset(7));
    expect(Math.abs((at?.x ?? 0) - 480)).toBeLessThan(120);
  });

  it("pinches the scene and not the page", async () => {
    const page = await openScene("points=2000", { hasTouch: true });
    const gap = (): Promise<number> =>
      page.evaluate(() => {
        const [a, b] = [bench.scene.probe.projectAsset(0), bench.scene.probe.projectAsset(10)];
        return Math.hypot((a?.x ?? 0) - (b?.x ?? 0), (a?.y ?? 0) - (b?.y ?? 0));
      });
    const before = await gap();
    const session = await page.context().newCDPSession(page);
    const touch = (type: "touchEnd" | "touchMove" | "touchStart", half: number): Promise<unknown> =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints:
          type === "touchEnd"
            ? []
            : [
                { x: 480 - half, y: 300, id: 0 },
                { x: 480 + half, y: 300, id: 1 },
              ],
      });
    await touch("touchStart", 40);
    for (let half = 50; half <= 120; half += 10) await touch("touchMove", half);
    await touch("touchEnd", 0);
    expect((await gap()) / before).toBeGreaterThan(1.8);
    expect(await page.evaluate(() => globalThis.visualViewport?.scale)).toBe(1);
  });

  it("shows the same plant from above as a plan, without perspective", async () => {
    const page = await openScene("points=2000&alarms=0.01");
    await page.evaluate(() => bench.store.showAs("plan"));
    await quiet(page);
    // Points above each other fall together, and rows are straight.
    const [low, high, same] = await page.evaluate(() => {
      const { probe } = bench.scene;
      return [probe.projectAsset(0), probe.projectAsset(1), probe.counts().drawCalls];
    });
    expect(Math.abs((low?.y ?? 0) - (high?.y ?? 1))).toBeLessThan(0.01);
    expect(same).toBeLessThanOrEqual(40);
    expect(await pixelsLike(page, ALARM, 480, 300, 299)).toBeGreaterThan(100);
    expect(await staleBytes(page)).toBe(0);
    await page.mouse.move(480, 300);
    await page.mouse.down();
    await page.mouse.move(530, 300, { steps: 3 });
    await page.mouse.up();
    const dragged = await page.evaluate(() => bench.scene.probe.projectAsset(0));
    expect(Math.abs((dragged?.x ?? 0) - (low?.x ?? 0) - 50)).toBeLessThan(1);
    await page.evaluate(() => bench.store.showAs("scene"));
    await quiet(page);
    expect(await staleBytes(page)).toBe(0);
  });
});
