import { describe, expect, it } from "vitest";
import { type Desk, titled } from "./desk.ts";
import { cast, change, machineId, reading, score } from "./scripted-plant.ts";

const [pump] = cast;

/** His token does not say who he is. */
const NAMELESS = { role: "operator", isProtected: false };
const ROW = '[data-alarm="alarm-P-101"]';

export function describeOperator(desk: Desk): void {
  describe("the operator", () => {
    it("acknowledges an alarm in his name", async () => {
      desk.server.session = NAMELESS;
      const page = await desk.open();
      await page.fill("#operator", "Li Wei");
      await page.click(`${ROW} [data-acknowledge]`);
      await page.waitForSelector(`${ROW}[data-state="acknowledged-active"]`);
      expect(desk.server.requests).toContain('POST /v1/alarms/alarm-P-101/acknowledge {"by":"Li Wei"}');
      expect(await page.textContent(`${ROW} .alarm-state`)).toBe("active, acknowledged by Li Wei");
      expect(await page.locator(`${ROW} [data-acknowledge]`).isVisible()).toBe(false);
      expect(
        await page.locator(`${ROW} .alarm-open`).evaluate((node) => node === document.activeElement),
      ).toBe(true);
    });

    it("is asked for a name, and told when the agent refuses", async () => {
      desk.server.session = NAMELESS;
      const page = await desk.open();
      await page.fill("#operator", " ");
      await page.click(`${ROW} [data-acknowledge]`);
      await page.waitForSelector(".alarms > .problem:not([hidden])");
      expect(await page.textContent(".alarms > .problem")).toBe("Say who acknowledges first: enter a name.");
      desk.server.broken.set("/v1/alarms/alarm-P-101/acknowledge", 503);
      await page.fill("#operator", "Li Wei");
      await page.click(`${ROW} [data-acknowledge]`);
      await page.waitForFunction(() =>
        document.querySelector(".alarms > .problem")?.textContent?.startsWith("Not acknowledged"),
      );
      expect(await page.textContent(".alarms > .problem")).toBe(
        "Not acknowledged: the agent refused: the history does not answer",
      );
      expect(await page.getAttribute(ROW, "data-state")).toBe("unacknowledged-active");
      desk.server.broken.clear();
      await page.click(`${ROW} [data-acknowledge]`);
      await page.waitForSelector(`${ROW}[data-state="acknowledged-active"]`);
      expect(await page.locator(".alarms > .problem").isVisible()).toBe(false);
    });

    it("logs in where the agent is protected", async () => {
      desk.server.token = "correct horse";
      const page = await desk.open({ until: "dialog.login[open]" });
      expect(await page.getAttribute("body", "data-feed")).toBe("connecting");
      await page.fill("#token", "wrong");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".login .problem:not([hidden])");
      expect(await page.textContent(".login .problem")).toBe("Not logged in: the token is not right");
      await page.fill("#token", "correct horse");
      await page.keyboard.press("Enter");
      await page.waitForSelector('body[data-feed="live"] [data-machine]');
      expect(await page.locator("dialog.login").evaluate((node: HTMLDialogElement) => node.open)).toBe(false);
    });

    it("reads Chinese as soon as he chooses it, and looks at the same machine", async () => {
      const page = await desk.open();
      await page.click("[data-settings]");
      await page.focus("[data-language]");
      await page.selectOption("[data-language]", "zh-CN");
      await page.waitForSelector('html[lang="zh-CN"]');
      expect(await page.evaluate(() => document.activeElement?.hasAttribute("data-language"))).toBe(true);
      await page.waitForSelector(ROW);
      expect(await page.textContent(ROW)).toContain("轴承外圈有损伤迹象");
      await titled(page, "Feed pump P-101");
    });

    it("still reads Chinese after a reload", async () => {
      const page = await desk.open();
      await page.click("[data-settings]");
      await page.focus("[data-language]");
      await page.selectOption("[data-language]", "zh-CN");
      await page.reload();
      await page.waitForSelector('body[data-feed="live"] [data-machine]');
      expect(await page.textContent("#machines-title")).toBe("设备");
      await page.waitForSelector(".clock");
      expect(await page.textContent(".clock")).toMatch(/^\d\d:\d\d:\d\d GMT\+8$/);
    });

    it("is greeted in the browser's language", async () => {
      const page = await desk.open({ locale: "zh-CN" });
      expect(await page.textContent("#alarms-title")).toBe("报警");
    });

    it("sees the trend of any value, over any span, and the newest value in it", async () => {
      const page = await desk.open();
      await page.waitForSelector("section[aria-labelledby=trend-title] [data-points]");
      const points = () =>
        page
          .locator("section[aria-labelledby=trend-title] [data-points]")
          .evaluate((node) => Number(node.dataset["points"]));
      const before = await points();
      desk.server.send(change(Date.now() + 1000, { scores: [score(pump, Date.now() + 1000, 9, 0.9)] }));
      await page.waitForFunction(
        (n) =>
          Number(
            document.querySelector<HTMLElement>("section[aria-labelledby=trend-title] [data-points]")
              ?.dataset["points"],
          ) > n,
        before,
      );

      const tag = `${machineId(pump)}/temperature`;
      await page.click(`[data-tag="${tag}"]`);
      await page.waitForFunction(
        () => document.querySelector(".pointed")?.textContent === "Bearing temperature (°C)",
      );
      expect(await page.inputValue("[data-trend]")).toBe(`tag:${tag}`);
      desk.server.send(
        change(Date.now() + 2000, { readings: [reading(tag, 61.5, "Cel", Date.now() + 2000, 9)] }),
      );
      await page.waitForFunction(() =>
        document
          .querySelector("section[aria-labelledby=trend-title] .chart")
          ?.getAttribute("aria-label")
          ?.endsWith("newest value 61.5 °C"),
      );
      await page.selectOption('section[aria-labelledby=trend-title] select[aria-label="Time span"]', "28800");
      await page.waitForFunction(() =>
        document
          .querySelector("section[aria-labelledby=trend-title] .chart")
          ?.getAttribute("aria-label")
          ?.includes("over 8 h"),
      );
      const chart = await page.locator("section[aria-labelledby=trend-title] .chart .u-over").boundingBox();
      if (chart === null) throw new Error("there is no chart");
      await page.mouse.move(chart.x + chart.width / 2, chart.y + chart.height / 2);
      await page.waitForFunction(() => /\d °C$/.test(document.querySelector(".pointed")?.textContent ?? ""));
    });

    it("compares the spectrogram now with the one at the alarm", async () => {
      const page = await desk.open();
      await page.waitForSelector("[data-spectrogram=now][data-state=ready]");
      await page.waitForSelector("[data-spectrogram=alarm][data-state=ready]");
      const colours = await page
        .locator("[data-spectrogram=now] canvas")
        .evaluate((canvas: HTMLCanvasElement) => {
          const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? {
            data: [],
          };
          const seen = new Set<number>();
          for (let i = 0; i < data.length; i += 4)
            seen.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
          return seen.size;
        });
      expect(colours).toBeGreaterThan(50);
      expect(await page.getAttribute("[data-spectrogram=now] canvas", "aria-label")).toMatch(
        /^Spectrogram, Now: 1.28 s, 0 to 6,400 Hz. Strongest at [\d.,]+ Hz with -\d+ dB.$/,
      );
      await page.click(`button[data-machine="${machineId(cast[1])}"]`);
      await page.waitForSelector("[data-spectrogram=now][data-state=ready]");
      expect(await page.locator("[data-spectrogram=alarm]").isVisible()).toBe(false);
    });

    it("works on a phone: nothing is wider than the screen, and a tapped machine is shown", async () => {
      const page = await desk.open({ viewport: { width: 400, height: 800 }, hasTouch: true, isMobile: true });
      await page.waitForSelector("[data-spectrogram=now][data-state=ready]", { state: "attached" });
      const widest = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(widest).toBe(400);
      await page.tap(`button[data-machine="${machineId(cast[1])}"]`);
      await page.waitForFunction(
        () => (document.querySelector(".detail")?.getBoundingClientRect().top ?? 999) < 100,
      );
      await titled(page, "Feed pump P-102");
    });

    it("is spared motion where he wants none", async () => {
      const page = await desk.open({ reducedMotion: "reduce" });
      await page.waitForSelector("[data-label][data-unacknowledged]");
      const animation = await page
        .locator("[data-label][data-unacknowledged]")
        .first()
        .evaluate((node) => getComputedStyle(node, "::after").animationName);
      expect(animation).toBe("none");
    });
  });
}
