import { describe, expect, it } from "vitest";
import { type Desk, titled } from "./desk.ts";
import { cast, machineId } from "./scripted-plant.ts";

const [pump, spare, fan] = cast;

export function describeFind(desk: Desk): void {
  describe("finding", () => {
    it("goes from a few letters to the machine, with the keyboard alone", async () => {
      const page = await desk.open();
      await page.waitForSelector("[data-find]");
      await page.keyboard.press("/");
      await page.keyboard.type("P-10");
      await page.waitForSelector("#find-list [role=option]");
      expect(await page.getAttribute("#find", "aria-expanded")).toBe("true");
      await page.keyboard.press("ArrowDown");
      const active = await page.getAttribute("#find", "aria-activedescendant");
      expect(await page.textContent(`#${active}`)).toContain("Feed pump P-102");
      await page.keyboard.press("Enter");
      await titled(page, "Feed pump P-102");
      expect(await page.getAttribute("#find", "aria-expanded")).toBe("false");
    });

    it("finds by plant code, and says when there is nothing", async () => {
      const page = await desk.open();
      await page.waitForSelector("[data-find]");
      await page.fill("#find", "10LAC03");
      await page.waitForSelector("#find-list [role=option]");
      expect(await page.textContent("#find-list")).toContain("Draught fan F-201");
      await page.fill("#find", "turbine");
      await expect.poll(() => page.textContent(".find .find-status")).toBe("Nothing is called “turbine”.");
      await page.keyboard.press("Escape");
      expect(await page.inputValue("#find")).toBe("");
    });

    it("keeps what is selected in the address, and leads back there", async () => {
      const page = await desk.open();
      await page.waitForSelector("[data-find]");
      await page.click(`button[data-machine="${machineId(fan)}"]`);
      await titled(page, "Draught fan F-201");
      await expect.poll(() => page.evaluate(() => location.hash)).toContain(`F-201`);
      await page.reload();
      await titled(page, "Draught fan F-201");
    });

    it("says which part of an address it did not understand", async () => {
      const page = await desk.open({ query: "#/plant/scene?asset=x&colour=red" });
      await expect.poll(() => page.textContent("body")).toContain("colour=red");
    });

    it("remembers a view by name and goes back to it", async () => {
      const page = await desk.open();
      await page.click(`button[data-machine="${machineId(spare)}"]`);
      await titled(page, "Feed pump P-102");
      await page.click(".bookmarks > summary");
      await page.fill(".bookmark-form input", "The spare pump");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".bookmark-list a");
      await page.keyboard.press("Escape");
      await page.click(`button[data-machine="${machineId(pump)}"]`);
      await titled(page, "Feed pump P-101");
      await page.click(".bookmarks > summary");
      await page.click(".bookmark-list a");
      await titled(page, "Feed pump P-102");
      await page.click(".bookmarks > summary");
      await page.click(".bookmark-list .icon-button");
      await page.waitForSelector(".bookmark-list a", { state: "detached" });
    });
  });

  describe("the tree of the plant", () => {
    const openTree = async () => {
      const page = await desk.open();
      await page.locator(".side-tabs button").last().click();
      await page.waitForSelector("[role=treeitem]");
      return page;
    };

    it("opens, closes and chooses by keyboard", async () => {
      const page = await openTree();
      await page.focus("[data-tree]");
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      const active = async (): Promise<string | null> =>
        page.textContent(`#${await page.getAttribute("[data-tree]", "aria-activedescendant")}`);
      for (let i = 0; i < 2 && !(await active())?.includes("-30"); i += 1)
        await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.textContent("#detail-title")).toMatch(/G-301|M-302/);
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("Home");
      expect(await active()).toContain("Riverside");
    });

    it("shows with shape and words what is abnormal, and that alone if wanted", async () => {
      const page = await openTree();
      desk.server.twin.send([{ tag: `${machineId(fan)}/temperature`, state: 3 }]);
      await page.check("#tree-abnormal");
      await page.waitForSelector(`[role=treeitem][data-asset="${machineId(fan)}"]`);
      expect(await page.locator("[role=treeitem]:visible").allTextContents()).not.toContain(
        "Feed pump P-102",
      );
      expect(await page.getAttribute(`[data-asset="${machineId(fan)}"]`, "aria-label")).toBe(
        "Draught fan F-201: Alarm",
      );
      expect(await page.locator(`[data-asset="${machineId(fan)}"] svg`).count()).toBe(1);
    });
  });
}
