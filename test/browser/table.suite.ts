import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { type Desk, titled } from "./desk.ts";
import { cast, machineId } from "./scripted-plant.ts";

const [pump, spare, fan] = cast;
const firstRow = (page: Page): Promise<string | null> =>
  page.getAttribute('.table-row[aria-rowindex="2"]', "data-row");

export function describeTable(desk: Desk): void {
  const openTable = async (): Promise<Page> => {
    const page = await desk.open({ query: "#/plant/table" });
    await page.waitForSelector('.table-grid[data-rows="30"] .table-row');
    return page;
  };

  describe("the table of the plant", () => {
    it("shows every point, the most urgent first, and follows the feed", async () => {
      const page = await openTable();
      const tag = `${machineId(fan)}/temperature`;
      desk.server.twin.send([{ tag, value: 91, state: 7 }]);
      await expect.poll(() => firstRow(page), { timeout: 8_000 }).toBe(tag);
      const row = page.locator(`.table-row[data-row="${tag}"]`);
      expect(await row.locator(".cell-state").textContent()).toBe("Alarm, not acknowledged");
      expect(await row.locator(".cell-state svg").count()).toBe(1);
      expect(await row.locator(".cell-value").textContent()).toMatch(/^91(\.0\d*)?$/);
      desk.server.twin.send([{ tag, value: 85 }]);
      await expect.poll(() => row.locator(".cell-value").textContent()).toMatch(/^8[45]/);
      expect(await row.locator(".cell-age").textContent()).toMatch(/ago$/);
    });

    it("sorts by a column, filters by area, kind, state and words", async () => {
      const page = await openTable();
      await page.click('[data-sort="asset"] button');
      expect(await page.getAttribute('[data-sort="asset"]', "aria-sort")).toBe("ascending");
      expect(await firstRow(page)).toContain("M-302");
      await page.click('[data-sort="asset"] button');
      expect(await page.getAttribute('[data-sort="asset"]', "aria-sort")).toBe("descending");
      await page.selectOption('[data-filter="area"]', { label: "Mixing" });
      await page.waitForSelector('.table-grid[data-rows="10"]');
      await page.selectOption('[data-filter="kind"]', { label: "temperature" });
      await page.waitForSelector('.table-grid[data-rows="2"]');
      await page.selectOption('[data-filter="state"]', "abnormal");
      await page.waitForSelector('.table-grid[data-rows="0"]');
      expect(await page.textContent(".table .note:not([hidden])")).toBe("No row fits these filters.");
      for (const filter of ["area", "kind"]) await page.selectOption(`[data-filter="${filter}"]`, "");
      await page.selectOption('[data-filter="state"]', "all");
      await page.fill('[data-filter="text"]', "P-102 temp");
      await page.waitForSelector('.table-grid[data-rows="1"]');
      expect(await firstRow(page)).toBe(`${machineId(spare)}/temperature`);
      await page.fill('[data-filter="text"]', "");
      await page.selectOption('[data-filter="of"]', "assets");
      await page.waitForSelector('.table-grid[data-rows="6"]');
    });

    it("is a grid for the keyboard: moves, opens the details, opens the trend", async () => {
      const page = await openTable();
      await page.click('[data-sort="code"] button');
      await page.focus(".table-grid");
      await page.keyboard.press("Control+End");
      await page.keyboard.press("Control+Home");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowRight");
      expect(await page.getAttribute(".table-grid", "aria-activedescendant")).toBe("table-1-1");
      await page.keyboard.press("Enter");
      await titled(page, pump.name);
      await page.keyboard.press("t");
      await page.waitForSelector(".trends:not([hidden])");
      expect(await page.evaluate(() => decodeURIComponent(location.hash))).toContain(
        `trend=tag:${machineId(pump)}/temperature`,
      );
      await page.keyboard.press("Escape");
      await page.waitForSelector(".table:not([hidden])");
    });

    it("keeps few rows in the page, however many the plant has", async () => {
      const page = await openTable();
      const { layout } = desk.server.twin;
      const [first] = layout.assets;
      if (first === undefined) throw new Error("the plant is empty");
      desk.server.twin.layout = {
        ...layout,
        assets: Array.from({ length: 20_000 }, (_, i) => ({
          ...first,
          id: `S/A/L/C/asset-${i}`,
          code: `C${i}`,
        })),
      };
      await page.waitForSelector('.table-grid[data-rows="100000"]', { timeout: 20_000 });
      await page.focus(".table-grid");
      await page.keyboard.press("Control+End");
      await page.waitForSelector('.table-row[aria-rowindex="100001"]');
      expect(await page.locator(".table-row").count()).toBeLessThan(80);
    });
  });
}
