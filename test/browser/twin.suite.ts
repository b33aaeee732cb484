import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Desk } from "./desk.ts";
import { keepScreenshot } from "./screenshots.ts";
import { scriptedLayout } from "./scripted-layout.ts";
import { cast, machineId, snapshot } from "./scripted-plant.ts";

const [pump, spare] = cast;
const TAG = `${machineId(pump)}/temperature`;
const OTHER = `${machineId(spare)}/current`;
const ALARM = 3;
const UNSEEN_ALARM = 3 | 4;

interface TwinProbe {
  readonly feed: {
    readonly resyncs: number;
    readonly lost: number;
    readonly seq: number;
    readonly isStale: boolean;
  };
  readonly counts: { readonly points: number };
  readonly t: Readonly<Record<string, number | undefined>>;
  hash(): number | undefined;
  state(tag: string): number | undefined;
  value(tag: string): number | undefined;
}

declare global {
  // Set by the page; see web-twin/src/probe.ts.
  var __twin: TwinProbe | undefined;
}

const openProbed = (desk: Desk, options: Parameters<Desk["open"]>[0] = {}): Promise<Page> =>
  desk.open({ query: "?probe", ...options });

/** The page shows every state as the server has it. */
const isEqual = (page: Page, desk: Desk, timeout = 5_000): Promise<unknown> =>
  page.waitForFunction((hash) => globalThis.__twin?.hash() === hash, desk.server.twin.hash, { timeout });

const feedOf = (page: Page): Promise<TwinProbe["feed"]> =>
  page.evaluate(() => ({ ...globalThis.__twin?.feed }) as TwinProbe["feed"]);
const askedKinds = (desk: Desk): readonly string[] => desk.server.twin.requests.map(({ kind }) => kind);

export function describeTwin(desk: Desk): void {
  describe("the twin's feed", () => {
    it("shows every point as the agent tells it", async () => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      desk.server.twin.send([
        { tag: TAG, value: 93, state: UNSEEN_ALARM },
        { tag: OTHER, value: 12, state: 1 },
      ]);
      await isEqual(page, desk);
      const seen = await page.evaluate(
        (tag) => [globalThis.__twin?.state(tag), globalThis.__twin?.value(tag)],
        TAG,
      );
      expect(seen[0]).toBe(UNSEEN_ALARM);
      expect(seen[1]).toBeCloseTo(93, 1);
      const { counts, t } = await page.evaluate(() => ({
        counts: globalThis.__twin?.counts,
        t: globalThis.__twin?.t,
      }));
      expect(counts?.points).toBe(30);
      for (const name of ["module", "shell", "layout", "gl", "firstFrame", "firstData"])
        expect([name, t?.[name]]).toEqual([name, expect.any(Number)]);
    });

    it.each([
      ["lost messages", (d: Desk) => d.server.twin.lose(1)],
      ["a heartbeat of another hash", (d: Desk) => d.server.twin.sendWrongHash()],
    ])("asks for everything once after %s, and is equal within two seconds", async (_, fault) => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      fault(desk);
      desk.server.twin.send([{ tag: TAG, state: ALARM }]);
      desk.server.twin.send([{ tag: OTHER, state: ALARM }]);
      await page.waitForFunction(() => globalThis.__twin?.feed.resyncs === 1, undefined, { timeout: 2_000 });
      await isEqual(page, desk, 2_000);
      expect((await feedOf(page)).lost).toBe(1);
      expect(askedKinds(desk)).toEqual(["hello", "resync"]);
    });

    it("is not misled by a message that comes twice", async () => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      desk.server.twin.send([{ tag: TAG, state: ALARM }]);
      desk.server.twin.repeat();
      desk.server.twin.send([{ tag: OTHER, state: 2 }]);
      await isEqual(page, desk);
      expect(askedKinds(desk)).toEqual(["hello"]);
    });

    it("is stale after three seconds of silence, and equal again when the agent speaks", async () => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      desk.server.twin.stall();
      const silentMs = Date.now();
      await page.waitForFunction(() => globalThis.__twin?.feed.isStale === true, undefined, {
        timeout: 5_000,
      });
      expect(Date.now() - silentMs).toBeGreaterThan(1_500);
      desk.server.twin.send([{ tag: TAG, state: ALARM }]);
      desk.server.twin.resume();
      await page.waitForFunction(() => globalThis.__twin?.feed.isStale === false);
      await isEqual(page, desk);
    });

    it("connects again when the connection is cut", async () => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      desk.server.twin.kill();
      desk.server.twin.send([{ tag: TAG, state: ALARM }]);
      await isEqual(page, desk, 2_000);
      expect(askedKinds(desk)).toEqual(["hello", "hello"]);
    });

    it("fetches the layout anew when the agent speaks of another one", async () => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      desk.server.twin.layout = scriptedLayout(cast.slice(0, 4));
      await page.waitForFunction(() => globalThis.__twin?.counts.points === 20);
      desk.server.twin.send([{ tag: TAG, state: ALARM }]);
      await isEqual(page, desk);
    });

    it("asks for one picture a second while its tab is hidden", async () => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      await page.evaluate(() => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
        document.dispatchEvent(new Event("visibilitychange"));
      });
      await expect.poll(() => desk.server.twin.requests.at(-1)).toEqual({ kind: "rate", mostHz: 1 });
      await page.evaluate(() => {
        Reflect.deleteProperty(document, "hidden");
        document.dispatchEvent(new Event("visibilitychange"));
      });
      await expect.poll(() => desk.server.twin.requests.at(-1)).toEqual({ kind: "rate", mostHz: 20 });
    });

    it("works on the page's own thread where there are no workers", async () => {
      const page = await openProbed(desk, {
        before: (each) =>
          each.addInitScript(() => {
            Reflect.deleteProperty(globalThis, "Worker");
          }),
      });
      desk.server.twin.send([{ tag: TAG, state: ALARM }]);
      await isEqual(page, desk);
    });
  });

  describe("without the agent the page", () => {
    it("starts from what it kept, with the last snapshot marked as stale", async () => {
      const page = await openProbed(desk, { serviceWorkers: "allow" });
      desk.server.twin.send([{ tag: TAG, state: ALARM }]);
      await isEqual(page, desk);
      await page.evaluate(async () => {
        await navigator.serviceWorker.ready;
      });
      // The layout passes through the worker from the second visit on.
      await page.reload();
      await page.waitForSelector('body[data-feed="live"] [data-machine]');
      await isEqual(page, desk);
      await page.evaluate(() => dispatchEvent(new Event("pagehide")));
      await page.waitForFunction(
        async () => (await caches.match(new URL("kept/points", location.href))) !== undefined,
      );
      const { hash } = desk.server.twin;
      await page.context().setOffline(true);
      await page.reload();
      await page.waitForSelector('body[data-feed="stale"] [data-machine]');
      await page.waitForFunction((kept) => globalThis.__twin?.hash() === kept, hash);
      expect((await feedOf(page)).isStale).toBe(true);
      expect(await page.locator(".banner-stale").isVisible()).toBe(true);
      await page.context().setOffline(false);
      await page.click(".banner-stale button");
      await page.waitForSelector('body[data-feed="live"]');
      await page.waitForFunction(() => globalThis.__twin?.feed.isStale === false);
      await isEqual(page, desk);
    });

    it("keeps nothing for one who must log in first", async () => {
      const page = await openProbed(desk, { serviceWorkers: "allow" });
      await isEqual(page, desk);
      await page.evaluate(() => dispatchEvent(new Event("pagehide")));
      await page.waitForFunction(async () => caches.has("stethos-kept"));
      desk.server.token = "correct horse";
      await page.reload();
      await page.waitForSelector("dialog.login[open]");
      await page.waitForFunction(async () => !(await caches.has("stethos-kept")));
      expect(await page.locator("[data-machine]").count()).toBe(0);
    });

    it("replaces what it kept of an older build", async () => {
      const page = await openProbed(desk, { serviceWorkers: "allow" });
      await page.evaluate(async () => {
        for (const name of ["stethos-shell-one", "stethos-shell-two"]) await caches.open(name);
        const worker = await navigator.serviceWorker.ready;
        await worker.unregister();
      });
      await page.reload();
      await page.waitForFunction(async () => !(await caches.has("stethos-shell-one")));
      expect(await page.evaluate(async () => (await caches.keys()).includes("stethos-shell-two"))).toBe(true);
    });
  });

  describe("the replay", () => {
    const MINUTE = 60_000;

    /** Ten minutes in which the pump's temperature comes and goes. */
    function record(): { readonly fromMs: number; readonly toMs: number } {
      const { replay } = desk.server;
      const toMs = Math.floor(Date.now() / 1_000) * 1_000 - 5_000;
      const fromMs = toMs - 10 * MINUTE;
      for (let i = 0; i <= 600; i += 1) {
        const ms = fromMs + i * 1_000;
        replay.record(ms, [{ tag: i % 2 === 0 ? TAG : OTHER, value: 20 + (i % 90), state: (i * 7) % 4 }]);
        if (i % 60 === 0) replay.keyframe(ms);
      }
      desk.server.first = snapshot(Date.now());
      return { fromMs, toMs };
    }

    const openReplay = async (page: Page): Promise<void> => {
      await page.click("[data-replay-open]");
      await page.waitForSelector("body[data-replay]");
    };
    const slide = (page: Page, seconds: number): Promise<void> =>
      page.locator(".replay-slider").evaluate((slider: HTMLInputElement, value) => {
        slider.valueAsNumber = value;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }, seconds);

    it("shows the plant as it was recorded at any moment, unmistakably, and lives again", async () => {
      const { fromMs, toMs } = record();
      const page = await openProbed(desk);
      await isEqual(page, desk);
      await openReplay(page);
      expect(await page.locator(".replay-banner").textContent()).toBe("REPLAY");
      // What follows the replay says so, and what does not.
      expect(await page.locator(".side .replay-beside").textContent()).toContain("as it was");
      expect(await page.locator(".alarms .replay-beside").textContent()).toContain("not at the replayed");
      expect(await page.locator(".alarms .replay-beside").isVisible()).toBe(true);
      expect(await page.locator(".replay-moment").textContent()).toContain("Actions are off.");
      for (const second of [(toMs - fromMs) / 1_000, 17, 300, 299, 480]) {
        await slide(page, second);
        const hash = desk.server.replay.hashAt(fromMs + second * 1_000);
        await page.waitForFunction((wanted) => globalThis.__twin?.hash() === wanted, hash);
      }
      // What happens meanwhile is not shown, but not forgotten either.
      desk.server.twin.send([{ tag: `${machineId(pump)}/speed`, state: UNSEEN_ALARM }]);
      await page.click("[data-replay-live]");
      await page.waitForSelector("body:not([data-replay])");
      await isEqual(page, desk, 2_000);
      expect(
        await page.locator("[data-replay-open]").evaluate((node) => node === document.activeElement),
      ).toBe(true);
    });

    it("shows machines as they were, what is not recorded not at all, and goes back to live", async () => {
      const { fromMs } = record();
      const { replay } = desk.server;
      const page = await openProbed(desk);
      await isEqual(page, desk);
      const row = page.locator(`.machine-row[data-machine="${machineId(pump)}"]`);
      const reading = page.locator(`.detail [data-tag="${TAG}"] .reading-value`);
      const alarm = page.locator(".detail .summary .alarm-block");
      const offered = page.locator(".detail :is(.alarm-block, [data-unrecorded]) button:visible");
      await row.click();
      await expect.poll(() => reading.textContent()).toContain("58.25");
      expect(await row.getAttribute("data-health")).toBe("alarm");
      expect(await row.locator(".row-figure").textContent()).toBe("31");
      expect(await page.locator(".detail [data-unrecorded]:visible").count()).toBeGreaterThan(3);

      await openReplay(page);
      // The temperature is 20 plus the second, and its state the second's sevenfold by four, at even seconds.
      for (const [second, health] of [
        [22, "warning"],
        [20, "healthy"],
      ] as const) {
        await slide(page, second);
        await page.waitForFunction(
          (is) => globalThis.__twin?.hash() === is,
          replay.hashAt(fromMs + second * 1_000),
        );
        await expect.poll(() => row.getAttribute("data-health")).toBe(health);
        await expect.poll(() => reading.textContent()).toContain(`${20 + second}`);
        // The trend of its health rises from 52.
        await expect.poll(() => row.locator(".row-figure").textContent()).toBe("53");
        expect(await alarm.isVisible()).toBe(false);
      }
      expect(await page.locator(".drawer .replay-beside").isVisible()).toBe(true);
      expect(await page.locator(".detail .index").textContent()).toContain("53");
      // Raised four minutes ago: six after the recording began.
      await slide(page, 502);
      await expect.poll(() => alarm.isVisible()).toBe(true);
      expect(await alarm.locator(".alarm-since").textContent()).toMatch(/2\smin/);
      expect(await page.locator(".detail [data-unrecorded]:visible").count()).toBe(0);
      expect(await offered.count()).toBe(0);
      await keepScreenshot(page, "replay-machine");

      await page.click("[data-replay-live]");
      await expect.poll(() => row.getAttribute("data-health")).toBe("alarm");
      await expect.poll(() => reading.textContent()).toContain("58.25");
      expect(await row.locator(".row-figure").textContent()).toBe("31");
      expect(await page.locator(".drawer .replay-beside").isVisible()).toBe(false);
      expect(await page.locator(".detail [data-unrecorded]:visible").count()).toBeGreaterThan(3);
    });

    it("plays, pauses and goes by single changes and alarms, by keyboard alone", async () => {
      const { fromMs } = record();
      const page = await openProbed(desk);
      await isEqual(page, desk);
      await page.focus("[data-replay-open]");
      await page.keyboard.press("Enter");
      await page.waitForSelector("body[data-replay]");
      await page.focus(".replay-slider");
      await page.keyboard.press("Home");
      const moment = () =>
        page.locator(".replay-slider").evaluate((node: HTMLInputElement) => node.valueAsNumber);
      await expect.poll(moment).toBe(0);
      await page.keyboard.press("ArrowRight");
      await expect.poll(moment).toBe(1);
      await page.selectOption("[data-replay-speed]", "60");
      await page.focus("[data-replay-play]");
      await page.keyboard.press("Enter");
      await expect.poll(moment).toBeGreaterThan(30);
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-replay-play]:not([data-playing])");
      const paused = await moment();
      await page.focus("[data-replay-forward]");
      await page.keyboard.press("Enter");
      await expect.poll(moment).toBe(paused + 1);
      await page.waitForFunction(
        (wanted) => globalThis.__twin?.hash() === wanted,
        desk.server.replay.hashAt(fromMs + (paused + 1) * 1_000),
      );
      await page.focus("[data-replay-lastalarm]");
      await page.keyboard.press("Enter");
      expect(await page.locator('[data-mark="alarm-P-101"]').count()).toBe(1);
    });

    it("says that nothing is recorded, and that the recording does not answer", async () => {
      const page = await openProbed(desk);
      await isEqual(page, desk);
      await page.click("[data-replay-open]");
      await expect
        .poll(() => page.textContent(".replay-note"))
        .toBe("Nothing is recorded of this plant yet.");
      desk.server.broken.set("/v1/replay", 503);
      await page.click("[data-replay-open]");
      await expect.poll(() => page.textContent(".replay-note")).toContain("No replay:");
    });
  });
}
