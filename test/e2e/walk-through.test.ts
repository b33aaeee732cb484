import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { keepScreenshot } from "../browser/screenshots.ts";
import { type FirstLight, startFirstLight } from "./first-light.ts";

// What an operator does at night: alarm -> where -> why -> acknowledge -> label -> trend -> replay. The plant has two
// alarms to acknowledge: the keyboard and the finger take one each, the mouse then shelves one and brings it back.

// As in the demonstration: the story is told in about a minute, and a busy machine does not miss its blocks.
const BLOCK_MS = 1_000;
const STORY_MS = 120_000;
const WAIT = { timeout: 15_000 } as const;
const WALK_MS = 120_000;
/** More stops than a page has for the keyboard. */
const MOST_STOPS = 120;
const HAN = /\p{Script=Han}/u;

const CHOSEN = '[data-alarm]:has(.alarm-open[aria-pressed="true"])';
const SHELVE = `${CHOSEN} [data-shelve]`;

/** What the page tells tests of the scene. */
interface Twin {
  readonly scene?: { readonly t: { readonly plant?: number }; isAtRest(): boolean };
  project(tag: string): { readonly x: number; readonly y: number } | undefined;
}

interface Chosen {
  readonly id: string;
  readonly machine: string;
  readonly sensor: string;
}

describe("an operator's walk-through of the simulated plant", () => {
  let light: FirstLight;
  const complaints: string[] = [];

  beforeAll(async () => {
    light = await startFirstLight(BLOCK_MS, { STETHOS_DATA: undefined });
  }, 180_000);

  afterEach(async () => {
    for (const context of light.browser.contexts()) await context.close();
  });

  afterAll(async () => {
    expect(await light?.stop()).toBe(0);
    expect(complaints).toEqual([]);
  }, 30_000);

  const openAlarms = async (): Promise<(Chosen & { state: string })[]> =>
    (await (await fetch(`${light.address}/v1/alarms?open=true`)).json()) as (Chosen & { state: string })[];
  const stateOf = async (id: string) => (await openAlarms()).find((alarm) => alarm.id === id)?.state;

  async function open(options: BrowserContextOptions): Promise<Page> {
    const context = await light.browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${light.address}/?probe`);
    await page.waitForSelector('body[data-feed="live"]', WAIT);
    await page.waitForFunction(
      () => (globalThis as unknown as { __twin?: Twin }).__twin?.scene?.t.plant !== undefined,
      undefined,
      WAIT,
    );
    return page;
  }

  /** The alarm that the page has chosen, as the agent knows it. */
  async function chosenAlarm(page: Page): Promise<Chosen> {
    const id = await page.locator(CHOSEN).first().getAttribute("data-alarm", WAIT);
    const alarm = (await openAlarms()).find((each) => each.id === id);
    if (alarm === undefined) throw new Error(`the agent does not know alarm ${id}`);
    expect(light.story.failing).toContain(alarm.machine);
    return alarm;
  }

  /** Where the sensor is drawn on the page, and how far from the middle of the scene: 0 is there, 1 the edge. */
  async function placeOf(page: Page, { sensor }: Chosen) {
    const at = await page.evaluate(
      (tag) => (globalThis as unknown as { __twin: Twin }).__twin.project(tag),
      sensor,
    );
    const box = await page.locator(".scene").boundingBox();
    if (at === undefined || box === null) return undefined;
    const off = (place: number, size: number) => Math.abs((2 * place) / size - 1);
    return {
      x: box.x + at.x,
      y: box.y + at.y,
      off: Math.max(off(at.x, box.width), off(at.y, box.height)),
    };
  }

  /** Where something is on the page can be told once the camera has arrived. */
  const cameraAtRest = (page: Page) =>
    page.waitForFunction(
      () => (globalThis as unknown as { __twin: Twin }).__twin.scene?.isAtRest() === true,
      undefined,
      WAIT,
    );

  const expectCentred = async (page: Page, alarm: Chosen): Promise<void> => {
    await expect
      .poll(async () => (await placeOf(page, alarm))?.off ?? Number.POSITIVE_INFINITY, WAIT)
      .toBeLessThan(0.5);
  };

  /** Reason, what to do and the spectrum with the bearing's frequencies, all in this language. */
  async function expectWhy(page: Page, words: RegExp): Promise<void> {
    expect(await page.locator(".summary .reason").textContent()).toMatch(words);
    expect(await page.locator(".steps li").first().textContent()).toMatch(words);
    await expect.poll(() => page.locator(".spectrum .marks li").allTextContents(), WAIT).not.toEqual([]);
    const marks = (await page.locator(".spectrum .marks li").allTextContents()).join("\n");
    for (const name of ["BPFO", "BPFI"]) expect(marks).toContain(name);
    expect(marks).toMatch(words);
    await page
      .locator(".spectrum-chart canvas")
      .first()
      .waitFor({ ...WAIT, state: "attached" });
  }

  async function expectTrend(page: Page): Promise<void> {
    await page.waitForSelector('main[data-page="trends"]', WAIT);
    const points = () => page.locator(".trends-charts [data-points]").first().getAttribute("data-points");
    await expect.poll(async () => Number(await points()), WAIT).toBeGreaterThan(5);
    // Nothing else takes the room of the page.
    const room = await page.locator(".trends-host").boundingBox();
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
    expect(room?.width).toBeGreaterThan(0.7 * width);
    expect(room?.height).toBeGreaterThan(0.5 * height);
  }

  /** Nobody can take it for the present, nor act. */
  async function expectReplay(page: Page, banner: string): Promise<void> {
    await page.waitForSelector("body[data-replay]", WAIT);
    expect(await page.locator(".replay-banner").textContent()).toBe(banner);
    await expect.poll(() => page.locator(SHELVE).first().isDisabled(), WAIT).toBe(true);
    expect(await page.locator(`${CHOSEN} .label-buttons`).first().isHidden()).toBe(true);
  }

  async function expectLive(page: Page): Promise<void> {
    await page.waitForSelector("body:not([data-replay])", WAIT);
    expect(await page.locator(".replay-banner").isHidden()).toBe(true);
    await expect.poll(() => page.locator(SHELVE).first().isEnabled(), WAIT).toBe(true);
  }

  const expectAcknowledged = async (page: Page, { id }: Chosen): Promise<void> => {
    await page.waitForSelector(`[data-alarm="${id}"][data-state="acknowledged-active"]`, WAIT);
    expect(await stateOf(id)).toBe("acknowledged-active");
  };
  const expectLabelled = (label: Locator): Promise<void> =>
    expect.poll(() => label.getAttribute("aria-pressed"), WAIT).toBe("true");

  /** Goes there as a keyboard does, one stop after the other. */
  async function tabTo(page: Page, selector: string, key: "Shift+Tab" | "Tab" = "Tab"): Promise<void> {
    const isThere = () =>
      page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    for (let stops = 0; stops < MOST_STOPS; stops += 1) {
      if (await isThere()) return;
      await page.keyboard.press(key);
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  }

  it(
    "begins with an alarm for each machine that degrades",
    async () => {
      const alarming = async () => new Set((await openAlarms()).map(({ machine }) => machine));
      await expect.poll(alarming, { timeout: STORY_MS, interval: 500 }).toEqual(new Set(light.story.failing));
    },
    STORY_MS + 5_000,
  );

  it(
    "leads from the alarm to the replay with the keyboard alone, in Simplified Chinese",
    async () => {
      const page = await open({ locale: "zh-CN" });
      const { keyboard } = page;
      for (let n = 0; n < 4; n += 1) {
        await keyboard.press("n");
        if ((await page.locator(`${CHOSEN}[data-unacknowledged]`).count()) > 0) break;
      }
      const alarm = await chosenAlarm(page);
      await keyboard.press("f");
      await expectCentred(page, alarm);
      await expectWhy(page, HAN);
      await keepScreenshot(page, "walk-keyboard-why-zh");

      await keyboard.press("a");
      await expectAcknowledged(page, alarm);
      const label = '.alarm-block [data-verdict="real"]';
      await tabTo(page, label);
      await keyboard.press("Space");
      await expectLabelled(page.locator(label));

      await tabTo(page, "[data-open-trend]");
      await keyboard.press("Enter");
      await expectTrend(page);
      await keepScreenshot(page, "walk-keyboard-trend-zh");

      await tabTo(page, "[data-replay-open]");
      await keyboard.press("Enter");
      await page.waitForSelector("body[data-replay]", WAIT);
      await keyboard.press("1");
      await expectReplay(page, "回放");
      await keyboard.press("s");
      expect(await page.locator("dialog[open]").count()).toBe(0);
      await keepScreenshot(page, "walk-keyboard-replay-zh");
      await tabTo(page, "[data-replay-live]");
      await keyboard.press("Enter");
      await expectLive(page);
    },
    WALK_MS,
  );

  it(
    "leads there by touch on a phone, in English",
    async () => {
      const page = await open({
        locale: "en-GB",
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      });
      await page.locator(".bar-alarm").tap(WAIT);
      const alarm = await chosenAlarm(page);
      // What it is about comes forward; where it is lies behind it.
      await page.waitForSelector(".drawer[data-open]", WAIT);
      await page.locator(".drawer-close").tap(WAIT);
      await page.locator('[data-go="plan"]').tap(WAIT);
      await expect.poll(async () => (await placeOf(page, alarm))?.off ?? 2, WAIT).toBeLessThan(1);
      await keepScreenshot(page, "walk-touch-where");
      await cameraAtRest(page);
      const place = await placeOf(page, alarm);
      await page.touchscreen.tap(place?.x ?? 0, place?.y ?? 0);
      await page.waitForSelector(".drawer[data-open]", WAIT);
      await expectWhy(page, /bearing|ring/i);
      await keepScreenshot(page, "walk-touch-why");
      await page.locator(".drawer-close").tap(WAIT);

      await page.locator(`[data-alarm="${alarm.id}"] [data-acknowledge]`).tap(WAIT);
      await expectAcknowledged(page, alarm);
      const label = page.locator(`[data-alarm="${alarm.id}"] [data-verdict="not-sure"]`);
      await label.tap(WAIT);
      await expectLabelled(label);

      // The page was scrolled to the list.
      await page.locator(".scene").scrollIntoViewIfNeeded();
      await cameraAtRest(page);
      const again = await placeOf(page, alarm);
      await page.touchscreen.tap(again?.x ?? 0, again?.y ?? 0);
      await page.locator(".drawer[data-open] [data-open-trend]").tap(WAIT);
      await expectTrend(page);
      await keepScreenshot(page, "walk-touch-trend");

      await page.locator("[data-replay-open]").tap(WAIT);
      await page.locator('[data-go="scene"]').tap(WAIT);
      await expectReplay(page, "REPLAY");
      // The machine made room for the replay.
      await expect.poll(() => page.locator(".drawer[data-open]").count(), WAIT).toBe(0);
      await keepScreenshot(page, "walk-touch-replay");
      await page.locator("[data-replay-live]").tap(WAIT);
      await expectLive(page);
    },
    WALK_MS,
  );

  it(
    "leads there with the mouse, in English, and shelves what another shift looks after",
    async () => {
      const page = await open({ locale: "en-GB" });
      await page.locator("[data-next]").click(WAIT);
      const alarm = await chosenAlarm(page);
      await cameraAtRest(page);
      const place = await placeOf(page, alarm);
      await page.mouse.dblclick(place?.x ?? 0, place?.y ?? 0);
      await expectCentred(page, alarm);
      await expectWhy(page, /bearing|ring/i);
      await keepScreenshot(page, "walk-mouse-why");

      await page.locator(SHELVE).click(WAIT);
      await page.locator("#ask-reason").fill("bearing is ordered");
      await page.locator('dialog[open] [type="submit"]').click(WAIT);
      await page.waitForSelector(`[data-alarm="${alarm.id}"][data-face="shelved"]`, WAIT);
      await page.locator('[data-go="alarms"]').click(WAIT);
      await page.locator(`[data-alarm="${alarm.id}"] [data-more]`).click(WAIT);
      await page.locator("dialog[open]").getByText("bearing is ordered").waitFor(WAIT);
      await keepScreenshot(page, "walk-mouse-journal");
      await page.locator('[data-do="unshelve"]').click(WAIT);
      await page.locator('dialog[open] [type="submit"]').click(WAIT);
      await page.waitForSelector(`[data-alarm="${alarm.id}"][data-face="acknowledged-active"]`, WAIT);
      const label = page.locator(`[data-alarm="${alarm.id}"] [data-verdict="real"]`);
      await label.click(WAIT);
      await expectLabelled(label);

      await page.locator('[data-go="scene"]').click(WAIT);
      await page.locator("[data-open-trend]").click(WAIT);
      await expectTrend(page);
      await keepScreenshot(page, "walk-mouse-trend");

      await page.locator("[data-replay-open]").click(WAIT);
      await page.locator('[data-go="scene"]').click(WAIT);
      await expectReplay(page, "REPLAY");
      await keepScreenshot(page, "walk-mouse-replay");
      await page.locator("[data-replay-live]").click(WAIT);
      await expectLive(page);
    },
    WALK_MS,
  );
});
