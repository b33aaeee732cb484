import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Desk } from "./desk.ts";
import { found } from "./scripted-answer.ts";
import { cast, change, machineId, reading, sensorId } from "./scripted-plant.ts";

const [pump, spare] = cast;
const TEMPERATURE = `${machineId(pump)}/temperature`;
const PAGE = ".trends:not([hidden])";

const opened = (desk: Desk, query: string): Promise<Page> =>
  desk.open({
    until: `body[data-feed="live"] ${PAGE}`,
    query: `#/trends?${query}`,
  });
const drawn = (page: Page): Promise<unknown> => page.waitForSelector(".trends-chart .u-over");
const hash = (page: Page): Promise<string> => page.evaluate(() => decodeURIComponent(location.hash));
const asked = (desk: Desk): number =>
  desk.server.requests.filter((request) => request.startsWith("GET /v1/trends/tag")).length;

export function describeTrends(desk: Desk): void {
  describe("the trends page", () => {
    it("draws what its address names, a chart for each unit, with the alarms of that time", async () => {
      const page = await opened(
        desk,
        `trend=tag:${TEMPERATURE}&trend=tag:${machineId(spare)}/temperature&trend=score:${sensorId(pump)}&span=3600`,
      );
      await drawn(page);
      expect(await page.locator(".trends-group").count()).toBe(2);
      expect(await page.locator("[data-series]").count()).toBe(3);
      await page.waitForSelector(".trends-alarms li");
      expect(await page.textContent(".trends-alarms")).toContain("Signs of damage on the outer ring");
    });

    it("adds values by search, follows what is heard, and removes them again", async () => {
      const page = await opened(desk, "");
      await page.waitForSelector(".trends .empty:not([hidden])");
      await page.fill("#trends-find", "P-101 bearing temp");
      await page.waitForSelector("#trends-find-list [role=option]");
      await page.keyboard.press("Enter");
      await drawn(page);
      expect(await hash(page)).toContain(`trend=tag:${TEMPERATURE}`);
      const ms = Date.now() + 1_000;
      desk.server.send(change(ms, { readings: [reading(TEMPERATURE, 77.5, "Cel", ms, 9)] }));
      await page.waitForFunction(() =>
        document.querySelector(".trends-values .figure")?.textContent?.startsWith("77.5"),
      );
      await page.click("[data-remove]");
      await page.waitForSelector(".trends .empty:not([hidden])");
      expect(await hash(page)).not.toContain("trend=");
    });

    it("moves and zooms by mouse, wheel and keys, and comes back to now", async () => {
      const page = await opened(desk, `trend=tag:${TEMPERATURE}&span=3600`);
      await drawn(page);
      const box = await page.locator(".trends-chart .u-over").boundingBox();
      if (box === null) throw new Error("there is no chart");
      const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      const before = asked(desk);
      await page.mouse.move(middle.x, middle.y);
      await page.mouse.down();
      await page.mouse.move(middle.x + box.width / 2, middle.y, { steps: 5 });
      await page.mouse.up();
      await page.waitForSelector('[data-act="live"][aria-pressed="false"]');
      expect(await hash(page)).toMatch(/&to=\d/);
      // The five steps of one drag are one question.
      await page.waitForFunction(
        () => document.querySelector("[data-act=live]")?.textContent === "Follow the newest values",
      );
      await expect.poll(() => asked(desk)).toBe(before + 1);
      await page.mouse.move(middle.x, middle.y);
      await page.mouse.wheel(0, -100);
      await expect.poll(() => hash(page)).toContain("span=3000");
      await page.focus(".trends-chart");
      await page.keyboard.press("-");
      await expect.poll(() => hash(page)).toContain("span=4500");
      await page.keyboard.press("End");
      await page.waitForSelector('[data-act="live"][aria-pressed="true"]');
      await page.keyboard.down("Shift");
      await page.mouse.move(middle.x - 100, middle.y);
      await page.mouse.down();
      await page.mouse.move(middle.x + 100, middle.y, { steps: 4 });
      await page.waitForSelector(".trend-box");
      await page.mouse.up();
      await page.keyboard.up("Shift");
      await page.waitForSelector(".trend-box", { state: "detached" });
      await page.waitForSelector('[data-act="live"][aria-pressed="false"]');
    });

    it("reads the values at one moment in all charts, with the keyboard alone", async () => {
      const page = await opened(
        desk,
        `trend=tag:${TEMPERATURE}&trend=score:${sensorId(pump)}&span=3600&to=2026-11-22T08:00:00.000Z`,
      );
      await drawn(page);
      await expect.poll(() => page.locator(".trends-values .figure").first().textContent()).toMatch(/°C$/);
      const first = (): Promise<string | null> =>
        page.locator(".trends-values .figure").first().textContent();
      const before = await first();
      await page.focus("#trends-cursor");
      await page.keyboard.press("Home");
      await expect.poll(first).not.toBe(before);
      expect(await page.getAttribute("#trends-cursor", "aria-valuetext")).toBe("Nov 22, 2026, 15:00:00");
      expect(await page.textContent(".trends-at")).toContain("15:00:00");
    });

    it("saves what is shown as a file", async () => {
      const page = await opened(desk, `trend=tag:${TEMPERATURE}&span=900&to=2026-11-22T08:00:00.000Z`);
      await drawn(page);
      await page.waitForSelector(".trends-chart[data-points]:not([data-points='0'])");
      const [download] = await Promise.all([page.waitForEvent("download"), page.click('[data-act="save"]')]);
      const lines = (await readFile(await download.path(), "utf8")).split("\r\n");
      expect(lines[0]).toBe(
        '\ufefftime,"Bearing temperature, Feed pump P-101 (°C)","Bearing temperature, Feed pump P-101 (°C) - Lowest","Bearing temperature, Feed pump P-101 (°C) - Highest"',
      );
      expect(lines.length).toBeGreaterThan(30);
    });

    it("says what is missing where the history does not answer", async () => {
      desk.server.answers.push(({ path: [kind] }) =>
        kind === "trends" ? { status: 503, body: { detail: "the disk is full" } } : undefined,
      );
      const page = await opened(desk, `trend=tag:${machineId(pump)}/current&span=900`);
      await drawn(page);
      await expect.poll(() => page.textContent(".trends-values")).toContain("the disk is full");
    });

    it("draws gaps as gaps", async () => {
      desk.server.answers.push(({ path: [kind], url }) => {
        if (kind !== "trends") return undefined;
        const from = Date.parse(url.searchParams.get("from") ?? "") / 1000;
        const to = Date.parse(url.searchParams.get("to") ?? "") / 1000;
        const time = Array.from({ length: 60 }, (_, i) => from + ((to - from) * (i + 0.5)) / 60);
        const mean = time.map((_, i) => (i > 20 && i < 40 ? null : 5));
        return found({ id: "x", unit: "Cel", time, mean, min: mean, max: mean });
      });
      const page = await opened(desk, `trend=tag:${TEMPERATURE}&span=3600&to=2026-11-22T08:00:00.000Z`);
      await page.waitForSelector(".trends-chart[data-points='60']");
      // In the middle of the gap nothing is drawn in the colour of the line.
      const colours = await page.locator(".trends-chart canvas").evaluate((canvas: HTMLCanvasElement) => {
        const { width, height } = canvas;
        // In one go: the browser complains about many.
        const { data } = canvas.getContext("2d")?.getImageData(0, 0, width, height) ?? { data: [] };
        const count = (share: number): number => {
          const x = Math.round(width * share);
          let blue = 0;
          for (let y = 0; y < height; y += 1) {
            const at = (y * width + x) * 4;
            if ((data[at + 2] ?? 0) - (data[at] ?? 0) > 60) blue += 1;
          }
          return blue;
        };
        return { line: count(0.9), gap: count(0.55) };
      });
      expect(colours.line).toBeGreaterThan(0);
      expect(colours.gap).toBe(0);
    });
  });

  describe("the machine's panel", () => {
    it("says what to do, what was alike, and what maintenance found", async () => {
      const page = await desk.open();
      await page.waitForSelector(".steps li");
      expect(await page.locator(".steps li").count()).toBe(4);
      await page.waitForSelector(".similar li");
      expect(await page.textContent(".similar")).toContain("93% alike, labelled real");
      await expect.poll(() => page.textContent(".detail")).toContain("order WO-4711, by Zhang Min");
      expect(await page.textContent(".validity")).toContain("Sensor signal is good");
    });

    it("marks the bearing's frequencies in the spectrum, in names and in words", async () => {
      const page = await desk.open();
      await page.locator(".spectrum").scrollIntoViewIfNeeded();
      await page.waitForSelector('.spectrum-chart [data-mark="BPFO"]');
      expect(await page.getAttribute('[data-mark="BPFO"]', "title")).toContain(
        "pass the outer ring, 88.3 Hz",
      );
      await page.selectOption("[data-spectrum-kind]", "acceleration");
      await expect.poll(() => page.textContent(".spectrum .pointed")).toBe("grey: the healthy machine");
      await page.selectOption("[data-spectrum-of]", "alarm");
      await expect.poll(() => desk.server.requests).toContain("GET /v1/alarms/alarm-P-101/spectrum");
    });

    it("shows the spectrogram against the healthy machine", async () => {
      const page = await desk.open();
      await page.waitForSelector("[data-spectrogram=now][data-state=ready]");
      await page.selectOption("[data-spectrogram-which]", "against");
      await page.waitForSelector("[data-spectrogram=now][data-state=ready]");
      await page.waitForSelector("[data-spectrogram=alarm]", { state: "hidden" });
    });

    it("files what maintenance found, once it is complete", async () => {
      const page = await desk.open();
      await page.waitForSelector(".order-filing");
      await page.click(".order-filing > summary");
      await page.fill("#order-number", "WO-5000");
      await page.fill("#order-by", "Li Wei");
      const until = await page.inputValue("#order-to");
      await page.fill("#order-to", "2020-01-01T00:00");
      await page.click(".order-form button[type=submit]");
      await page.waitForSelector(".order-form .problem:not([hidden])");
      expect(await page.textContent(".order-form .problem")).toBe("The end must be after the beginning.");
      await page.fill("#order-to", until);
      await page.click(".order-form button[type=submit]");
      await expect.poll(() => page.textContent(".detail")).toContain("Filed. It labelled 3 recordings.");
      expect(desk.server.requests.find((one) => one.startsWith("POST /v1/work-orders"))).toContain(
        '"number":"WO-5000"',
      );
    });
  });
}
