import { describe, expect, it } from "vitest";
import { type Desk, drawn, frames, titled } from "./desk.ts";
import { cast, machineId, sensorId, snapshot } from "./scripted-plant.ts";

const [pump] = cast;

const SENSOR_PATH = `/v1/sensors/${encodeURIComponent(sensorId(pump))}/spectrogram`;
const TREND_PATH = `/v1/trends/score/${encodeURIComponent(sensorId(pump))}`;

export function describeTrouble(desk: Desk): void {
  describe("in trouble the screen", () => {
    it("says STALE and for how long when nothing arrives, and is live again with the next message", async () => {
      const page = await desk.open({ before: (each) => each.clock.install() });
      await page.clock.fastForward(7_000);
      await page.waitForSelector('body[data-feed="stale"]');
      await page.waitForSelector(".banner-stale:not([hidden])");
      expect(await page.textContent(".banner-stale")).toMatch(/nothing has arrived for \d+ s/);
      expect(await page.textContent(".feed-chip")).toBe("STALE");
      desk.server.send({ kind: "heartbeat", time: new Date().toISOString() });
      await page.waitForSelector('body[data-feed="live"]');
      expect(await page.locator(".banner-stale").isVisible()).toBe(false);
    });

    it("finds the agent again after it was away", async () => {
      const page = await desk.open({ before: (each) => each.clock.install() });
      desk.server.down();
      await page.clock.fastForward(8_000);
      await page.waitForSelector('body[data-feed="stale"]');
      desk.server.up();
      desk.server.first = snapshot(Date.now(), cast.slice(0, 2));
      await page.click(".banner-stale button");
      await page.waitForSelector('body[data-feed="live"]');
      await page.waitForFunction(() => document.querySelectorAll("[data-machine].machine-row").length === 2);
    });

    it("connects again by itself", async () => {
      const page = await desk.open();
      desk.server.down();
      desk.server.up();
      desk.server.first = snapshot(Date.now(), cast.slice(0, 3));
      await page.waitForFunction(() => document.querySelectorAll("[data-machine].machine-row").length === 3);
    });

    it("says that it could not read a message and keeps the plant", async () => {
      const page = await desk.open();
      desk.server.sendText('{"kind":"weather"}');
      await page.waitForSelector(".banner[role=alert]:not([hidden])");
      expect(await page.textContent(".banner[role=alert]:not([hidden])")).toContain(
        "message.kind: expected one of snapshot, change, models, heartbeat",
      );
      expect(await page.locator("button[data-machine]").count()).toBe(6);
      await page.click(".banner[role=alert]:not([hidden]) button");
      await page.waitForSelector(".banner[role=alert]:not([hidden])", { state: "detached" });
    });

    it("says which history or picture it did not get, and gets it on the next try", async () => {
      desk.server.broken.set(TREND_PATH, 503);
      desk.server.broken.set(SENSOR_PATH, 503);
      const page = await desk.open();
      const trend = page.locator("section[aria-labelledby=trend-title]");
      const picture = page.locator("section[aria-labelledby=spectrogram-title]");
      await trend.locator("button:has-text('Try again')").waitFor();
      await picture.locator("button:has-text('Try again')").waitFor();
      expect(await trend.textContent()).toContain(
        "No history: the agent refused: the history does not answer",
      );
      expect(await picture.textContent()).toContain(
        "Not shown: the agent refused: the history does not answer",
      );
      desk.server.broken.clear();
      await trend.locator("button:has-text('Try again')").click();
      await picture.locator("button:has-text('Try again')").click();
      await page.waitForSelector("[data-spectrogram=now][data-state=ready]");
      await trend.locator("button:has-text('Try again')").waitFor({ state: "hidden" });
    });

    it("says that nothing was recorded yet", async () => {
      desk.server.broken.set(SENSOR_PATH, 404);
      const page = await desk.open();
      await page.waitForSelector("[data-spectrogram=now][data-state=absent]");
      expect(await page.textContent("[data-spectrogram=now]")).toContain("No vibration recorded yet.");
    });

    it("says what to do where the agent knows no machines", async () => {
      desk.server.first = snapshot(Date.now(), []);
      const page = await desk.open({ until: 'body[data-feed="live"] .machines .empty:not([hidden])' });
      expect(await page.textContent(".machines .empty")).toContain("The agent knows no machines yet.");
      expect(await page.textContent(".alarms .empty:not([hidden])")).toBe(
        "No alarms. All machines are quiet.",
      );
      expect(await page.textContent(".detail .empty")).toBe(
        "Choose a machine in the list or in the 3D view.",
      );
    });

    it("survives the loss of the graphics context", async () => {
      const page = await desk.open();
      await drawn(page);
      const before = await frames(page);
      await page.evaluate(() => {
        const gl = document.querySelector<HTMLCanvasElement>(".scene canvas")?.getContext("webgl2");
        const lose = gl?.getExtension("WEBGL_lose_context");
        (globalThis as { giveBack?: () => void }).giveBack = () => lose?.restoreContext();
        lose?.loseContext();
      });
      await page.waitForSelector(".scene-notice:not([hidden])");
      await page.evaluate(() => (globalThis as { giveBack?: () => void }).giveBack?.());
      await page.waitForFunction(
        (n) => Number(document.querySelector("canvas")?.dataset["frames"]) > n,
        before,
      );
      expect(await page.locator(".scene-notice").isVisible()).toBe(false);
    });

    it("goes on without 3D where the browser has none", async () => {
      const page = await desk.open({
        before: (each) =>
          each.addInitScript(() => {
            const getContext = HTMLCanvasElement.prototype.getContext;
            HTMLCanvasElement.prototype.getContext = function (
              this: HTMLCanvasElement,
              kind: string,
              ...rest: never[]
            ) {
              return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...rest);
            } as typeof getContext;
            // three tells the console about it as well; the page has to tell the operator.
            console.error = () => {};
          }),
      });
      await page.waitForSelector(".scene-notice:not([hidden])");
      expect(await page.textContent(".scene-notice")).toContain("The machine list shows the same machines");
      await page.click(`button[data-machine="${machineId(cast[1])}"]`);
      await titled(page, "Feed pump P-102");
    });

    it("says so when the page itself fails", async () => {
      const page = await desk.open();
      await page.evaluate(() => {
        dispatchEvent(new ErrorEvent("error", { message: "x is not a function", error: new TypeError("x") }));
      });
      await page.waitForSelector(".banner:has-text('The page made a mistake: x is not a function')");
    });
  });
}
