import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { FeedMessage } from "../../edge-agent/src/core/feed.ts";
import type { Desk } from "./desk.ts";
import { keepScreenshot } from "./screenshots.ts";
import { alarmsOfEachState, floodAlarms } from "./scripted-alarms.ts";
import { alarmOf, cast, change, machineId, snapshot } from "./scripted-plant.ts";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const plantWith = (
  alarms: (ms: number) => Extract<FeedMessage, { kind: "snapshot" }>["alarms"],
): FeedMessage => {
  const ms = Date.now();
  return { ...snapshot(ms), alarms: alarms(ms) } as FeedMessage;
};

const go = async (page: Page, name: string): Promise<void> => {
  await page.click(`[data-go=${name}]`);
  await page.waitForSelector(`.main[data-page=${name === "scene" ? "plant" : name}]`);
};

/** What keeps somebody from using the page, by axe's rules. */
async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          where: Document,
          options: object,
        ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run(document, {
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: at } = document;
    return `${at?.tagName.toLowerCase()}.${at?.className}`;
  });

export function describeAlarms(desk: Desk): void {
  describe("the alarms", () => {
    it("stand on one line wherever one is: what is first, how many of each priority", async () => {
      desk.server.first = plantWith(alarmsOfEachState);
      const page = await desk.open();
      const bar = page.locator(".alarm-bar");
      expect(await bar.locator(".bar-text").textContent()).toMatch(
        /^Critical: 10LAC01AP001 Feed pump P-101, Signs of damage on the outer ring of the bearing, \d+ (s|min) ago$/,
      );
      expect(await bar.locator("[data-count]").allTextContents()).toEqual([
        "1Critical: 1",
        "1High: 1",
        "1Medium: 1",
        "0Low: 0",
        "To acknowledge: 2",
      ]);
      await go(page, "trends");
      expect(await bar.isVisible()).toBe(true);
    });

    it("say each of their states with a sign and in words", async () => {
      desk.server.first = plantWith(alarmsOfEachState);
      const page = await desk.open({ viewport: { width: 1920, height: 1080 } });
      await go(page, "alarms");
      await page.waitForSelector("[data-alarm=each-over]");
      const states = await page
        .locator("[data-alarm]")
        .evaluateAll((rows) =>
          rows.map((row) => [row.getAttribute("data-face"), row.querySelector(".alarm-state")?.textContent]),
        );
      expect(states.map(([face]) => face)).toEqual(
        [
          "unacknowledged-active",
          "acknowledged-active",
          "unacknowledged-cleared",
          "shelved",
          "suppressed",
          "suppressed-by-design",
          "out-of-service",
          "normal",
        ].sort((a, b) => states.findIndex(([face]) => face === a) - states.findIndex(([face]) => face === b)),
      );
      const texts = Object.fromEntries(states) as Record<string, string>;
      expect(texts["shelved"]).toMatch(
        /^Shelved by Wang Fang, until (\w+ \d+, \d+, )?[\d:]+, bearing is on order$/,
      );
      expect(texts["suppressed-by-design"]).toBe("Suppressed by design by agent, the mixer stands still");
      expect(texts["out-of-service"]).toBe("Out of service by Zhao Min, sensor is being replaced");
      expect(await page.locator("[data-alarm] .cell-state svg").count()).toBe(8);
      await keepScreenshot(page, "alarm-states");
    });

    it("are filtered by area, priority, state and words", async () => {
      desk.server.first = plantWith(alarmsOfEachState);
      const page = await desk.open();
      await go(page, "alarms");
      await page.selectOption("[data-filter-state]", "shelved");
      await page.waitForFunction(() => document.querySelectorAll("[data-alarm]").length === 1);
      expect(await page.textContent(".filter-count")).toBe("1 of 8");
      await page.selectOption("[data-filter-area]", "Mixing");
      await page.waitForSelector("text=No alarm fits this filter.");
      await page.click("text=Clear the filter");
      await page.waitForSelector("[data-alarm=each-active]");
      await page.fill("[data-filter-text]", "draught");
      await page.waitForFunction(() => document.querySelectorAll("[data-alarm]").length === 1);
      expect(await page.getAttribute("[data-alarm]", "data-alarm")).toBe("each-gone");
    });

    it("of a flood are one line that opens, with the first-out marked; two thousand stay quick", async () => {
      desk.server.first = plantWith((ms) => floodAlarms(ms, 2_000));
      const page = await desk.open();
      await go(page, "alarms");
      expect(await page.textContent(".flood")).toBe("FLOOD: 2000 alarms in 10 min");
      const toggle = page.locator("[data-flood] button");
      expect(await toggle.textContent()).toMatch(
        /^Flood on Boiler house \/ Water: 2000 alarms, 2000 open\. First out:/,
      );
      expect(await page.locator("[data-alarm]").count()).toBe(0);
      await toggle.click();
      await page.waitForSelector("[data-alarm]");
      expect(await page.locator("[data-alarm]").count()).toBeLessThan(60);
      expect(await page.getAttribute(".alarm-current .alarm-table", "aria-rowcount")).toBe("2002");
      await page
        .locator(".alarm-current .alarm-scroller")
        .evaluate((node) => node.scrollTo(0, node.scrollHeight));
      await page.waitForFunction(
        () => Number(document.querySelector("[data-alarm]")?.getAttribute("data-index")) > 1_900,
      );
      await page.fill("[data-filter-text]", "nothing of this name");
      await page.waitForSelector("text=No alarm fits this filter.");
    });

    it("are shelved for a time and a reason, in somebody's name, and unshelved", async () => {
      desk.server.session = { role: "operator", isProtected: false };
      const page = await desk.open();
      await go(page, "alarms");
      const row = '[data-alarm="alarm-P-101"]';
      await page.click(`${row} [data-shelve]`);
      await page.fill("#ask-by", "Li Wei");
      await page.click(".ask .primary");
      expect(await page.textContent(".ask .problem")).toBe("Say why: the next shift will ask.");
      await page.fill("#ask-reason", "bearing is on order");
      await page.selectOption("#ask-minutes", "own");
      await page.fill("#ask-own", "0");
      await page.click(".ask .primary");
      expect(await page.textContent(".ask .problem")).toBe("Enter whole minutes from 1 to 10080.");
      await page.fill("#ask-own", "90");
      await page.click(".ask .primary");
      await page.waitForSelector(`${row}[data-face=shelved]`);
      const path = `/v1/alarm-sources/${encodeURIComponent(`${machineId(cast[0])}/vibration`)}`;
      expect(desk.server.requests).toContain(
        `POST ${path}/shelve {"by":"Li Wei","reason":"bearing is on order","minutes":90}`,
      );
      await page.click(`${row} [data-more]`);
      await page.click("[data-do=unshelve]");
      await page.click(".ask .primary");
      await page.waitForSelector(`${row}[data-face=unacknowledged-active]`);
      expect(desk.server.requests).toContain(`POST ${path}/unshelve {"by":"Li Wei"}`);
    });

    it("tell what became of them, and are taken out of service by engineers only", async () => {
      desk.server.session = { role: "operator", name: "Li Wei", isProtected: true };
      const page = await desk.open();
      await go(page, "alarms");
      await page.click('[data-alarm="alarm-P-101"] [data-more]');
      await page.waitForSelector(".journal li");
      expect(await page.locator(".journal li").allTextContents()).toEqual([
        expect.stringMatching(/raised$/),
        expect.stringMatching(/became more severe$/),
        expect.stringMatching(/acknowledged, by Li Wei$/),
      ]);
      expect(await page.isDisabled("[data-do=out]")).toBe(true);
      expect(await page.textContent(".journal-dialog .note:not([hidden]) ~ .note:not([hidden])")).toContain(
        "Your role (Operator) may only look; this needs: Engineer.",
      );
    });

    it("are only looked at by viewers, who read why", async () => {
      desk.server.session = { role: "viewer", isProtected: false };
      const page = await desk.open();
      await page.waitForSelector(".refused:not([hidden])");
      expect(await page.textContent(".refused")).toBe(
        "Your role (Viewer) may only look; this needs: Operator.",
      );
      expect(await page.isDisabled('[data-alarm="alarm-P-101"] [data-acknowledge]')).toBe(true);
      expect(await page.isDisabled('[data-alarm="alarm-P-101"] [data-shelve]')).toBe(true);
    });

    it("are acknowledged all at once after a question", async () => {
      desk.server.session = { role: "operator", isProtected: false };
      const page = await desk.open();
      await go(page, "alarms");
      await page.click("[data-all]");
      expect(await page.textContent("#ask-title")).toBe("Acknowledge 2 alarms?");
      await page.fill("#ask-by", "Li Wei");
      await page.click(".ask .primary");
      await page.waitForFunction(
        () => document.querySelectorAll('[data-alarm][data-state="acknowledged-active"]').length === 2,
      );
      expect(await page.textContent(".bar-text")).toBe("Nothing to acknowledge");
    });

    it("are shelved many at once with one reason, by keyboard, and say of each that is not why", async () => {
      desk.server.first = plantWith((ms) =>
        [0, 1, 2].map((i) => ({
          ...alarmOf(cast[i] ?? cast[0], ms),
          id: `many-${i}`,
          sensor: `${machineId(cast[i] ?? cast[0])}/vibration`,
        })),
      );
      const page = await desk.open();
      // Beside the plant there is no room for ticks.
      expect(await page.locator(".row-tick").first().isVisible()).toBe(false);
      await go(page, "alarms");
      const shelve = page.locator("[data-shelve-all]");
      expect(await shelve.isVisible()).toBe(false);
      for (const i of [0, 1]) {
        await page.locator(`[data-alarm="many-${i}"] .row-tick`).focus();
        await page.keyboard.press("Space");
      }
      await page.waitForSelector("[data-shelve-all]:has-text('Shelve chosen (2)')");
      const broken = `/v1/alarm-sources/${encodeURIComponent(`${machineId(cast[1])}/vibration`)}/shelve`;
      desk.server.broken.set(broken, 503);
      await shelve.press("Enter");
      await page.locator("#ask-reason").fill("line 1 is being cleaned");
      await page.keyboard.press("Enter");
      await page.waitForSelector('[data-alarm="many-0"][data-face="shelved"]');
      await page.waitForSelector("dialog[open] .ask-failures li");
      expect(await page.locator(".ask-failures li").allTextContents()).toEqual([
        expect.stringMatching(/Feed pump P-102, vibration: /),
      ]);
      expect(await findings(page)).toEqual([]);
      await keepScreenshot(page, "shelve-many-partly");
      desk.server.broken.clear();
      await page.locator('dialog[open] [type="submit"]').press("Enter");
      await page.waitForSelector('[data-alarm="many-1"][data-face="shelved"]');
      await page.waitForSelector("dialog[open]", { state: "detached" });
      const asked = desk.server.requests.filter((request) => request.includes("/shelve "));
      expect(asked.length).toBe(3);
      expect(asked.every((request) => request.includes("line 1 is being cleaned"))).toBe(true);
      await shelve.waitFor({ state: "hidden" });
      expect(await page.locator('[data-alarm="many-2"]').getAttribute("data-face")).not.toBe("shelved");
    }, 60_000);

    it("of a flood are chosen with one tick, by finger and in Simplified Chinese", async () => {
      desk.server.first = plantWith((ms) => floodAlarms(ms, 12));
      const page = await desk.open({
        locale: "zh-CN",
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      });
      await go(page, "alarms");
      await page.locator(".flood-row .tick").first().tap();
      await page.waitForSelector("[data-shelve-all]:has-text('搁置所选')");
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      await keepScreenshot(page, "shelve-flood-phone-zh");
      await page.locator("[data-shelve-all]").tap();
      await page.locator("#ask-reason").fill("检修");
      await page.locator('dialog[open] [type="submit"]').tap();
      await page.waitForSelector("dialog[open]", { state: "detached" });
      expect(desk.server.requests.some((request) => request.includes('"reason":"检修"'))).toBe(true);
    }, 60_000);

    it("of the past are searched page by page, exported and printed", async () => {
      const page = await desk.open();
      await go(page, "alarms");
      await page.click("[data-past]");
      await page.waitForSelector(".alarm-history [data-alarm]");
      await page.selectOption('.alarm-history select[aria-label="Time span"]', "");
      await page.click(".alarm-history .primary");
      await page.click("text=Older ones");
      await page.waitForFunction(
        () => document.querySelector(".alarm-history .alarm-table")?.getAttribute("aria-rowcount") === "201",
      );
      await page.click("text=Older ones");
      await page.waitForSelector("text=These are all.");
      await page.fill("[data-history-text]", "P-102");
      await page.click(".alarm-history .primary");
      await page.waitForFunction(
        () =>
          Number(document.querySelector(".alarm-history .alarm-table")?.getAttribute("aria-rowcount")) < 60,
      );
      expect(await page.getAttribute("[data-csv]", "href")).toBe("v1/alarms.csv?q=P-102");
      await page.emulateMedia({ media: "print" });
      await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
      expect(await page.locator(".print-only tbody tr").count()).toBeGreaterThan(20);
      expect(await page.textContent(".print-only p")).toMatch(/^Riverside, printed .* History$/);
      expect(await page.locator(".header").isVisible()).toBe(false);
      await keepScreenshot(page, "alarm-print");
      await page.emulateMedia({ media: "screen" });
    });

    it("are read out politely, one text at a time, floods as a number", async () => {
      const page = await desk.open({ before: (each) => each.clock.install() });
      const raise = (count: number, name: string): void => {
        const ms = Date.now();
        const alarms = Array.from({ length: count }, (_, i) => ({
          ...alarmOf(cast[0], ms),
          id: `${name}-${i}`,
        }));
        desk.server.send(change(ms, { alarms }));
      };
      raise(1, "one");
      await page.waitForFunction(() =>
        document.querySelector("#live")?.textContent?.includes("Feed pump P-101. Signs of damage"),
      );
      expect(await page.getAttribute("#live", "aria-live")).toBe("polite");
      raise(40, "many");
      await page.waitForSelector("text=To acknowledge: 43");
      expect(await page.textContent("#live")).toContain("New Alarm");
      await page.clock.fastForward(5_000);
      await page.waitForFunction(() => document.querySelector("#live")?.textContent === "40 new alarms");
    });

    it("make a sound once somebody wants it, and are muted for a time that is said", async () => {
      const page = await desk.open({
        before: (each) =>
          each.addInitScript(() => {
            const started: number[] = [];
            (globalThis as { tones?: number[] }).tones = started;
            const { start } = OscillatorNode.prototype;
            OscillatorNode.prototype.start = function (this: OscillatorNode, at?: number) {
              started.push(this.frequency.value);
              return start.call(this, at);
            };
          }),
      });
      const tones = () => page.evaluate(() => (globalThis as { tones?: number[] }).tones?.length ?? 0);
      await page.click("[data-sound]");
      expect(await page.textContent("[data-sound]")).toBe("Sound on");
      expect(await tones()).toBe(1);
      await page.click("[data-mute]");
      expect(await page.textContent("[data-mute]")).toMatch(/^Muted until (\w+ \d+, \d+, )?[\d:]+$/);
      expect(await page.isDisabled("[data-mute]")).toBe(true);
    });
  });

  describe("the keyboard", () => {
    it("does the alarms without a mouse: next, acknowledge, shelve, the plant and back", async () => {
      desk.server.session = { role: "operator", isProtected: false };
      const page = await desk.open();
      // Until the agent said who sits here nobody may do anything.
      await page.waitForSelector('[data-alarm="alarm-P-101"] [data-acknowledge]:enabled');
      await page.keyboard.press("n");
      await page.waitForSelector('[data-alarm="alarm-F-201"] [aria-pressed=true]');
      await page.keyboard.press("p");
      await page.waitForSelector('[data-alarm="alarm-P-101"] [aria-pressed=true]');
      await page.keyboard.press("a");
      await page.waitForSelector('[data-alarm="alarm-P-101"][data-state="acknowledged-active"]');
      await page.keyboard.press("s");
      await page.waitForSelector(".ask[open]");
      await page.keyboard.press("n");
      expect(await page.locator(".ask[open]").count()).toBe(1);
      await page.keyboard.press("Escape");
      // Letters are the dialog's as long as it stands.
      await page.waitForSelector(".ask[open]", { state: "detached" });
      await page.keyboard.press("3");
      await page.waitForSelector('.main[data-manner="table"]');
      await page.keyboard.press("f");
      await page.waitForSelector('.main[data-manner="scene"]');
      expect(await focused(page)).toContain("scene");
      await page.keyboard.press("?");
      await page.waitForSelector(".help[open]");
    });

    it("leaves letters to who types", async () => {
      const page = await desk.open();
      await go(page, "alarms");
      await page.focus("[data-filter-text]");
      await page.keyboard.type("pan 1?");
      expect(await page.inputValue("[data-filter-text]")).toBe("pan 1?");
      expect(await page.getAttribute(".main", "data-page")).toBe("alarms");
    });

    it("begins with ways over the header, then search, alarms, machines and the plant", async () => {
      const page = await desk.open();
      await page.waitForSelector("[data-alarm]");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the search");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("alarms");
      const order = await page.evaluate(() => {
        const place = (selector: string): number =>
          [...document.querySelectorAll("*")].indexOf(document.querySelector(selector) ?? document.body);
        return [".nav", ".alarm-bar", ".alarms", ".side", ".scene"].map(place);
      });
      expect(order).toEqual([...order].sort((a, b) => a - b));
    });
  });

  describe("the shell", () => {
    it("has an address for each page, and goes back", async () => {
      const page = await desk.open();
      await go(page, "alarms");
      expect(new URL(page.url()).hash).toMatch(/^#\/alarms/);
      await page.click("[data-go=models]");
      await page.waitForSelector('.main[data-page="models"]');
      await page.goBack();
      await page.waitForSelector('.main[data-page="alarms"]');
      await page.reload();
      await page.waitForSelector('body[data-feed="live"] .main[data-page="alarms"]');
      expect(await page.getAttribute("[data-go=alarms]", "aria-current")).toBe("page");
    });

    it("keeps the palette that was chosen, and takes the system's before", async () => {
      const page = await desk.open({ colorScheme: "light" });
      expect(await page.getAttribute("html", "data-palette")).toBe("light");
      await page.click("[data-settings]");
      await page.selectOption("#setting-palette", "colour-blind");
      await page.waitForSelector('html[data-palette="colour-blind"]');
      await page.reload();
      await page.waitForSelector('html[data-palette="colour-blind"]');
    });

    it.each([
      ["1280x720", { width: 1280, height: 720 }],
      ["1920x1080", { width: 1920, height: 1080 }],
      ["tablet", { width: 1024, height: 768 }],
      ["phone", { width: 390, height: 844 }],
    ] as const)("fits a screen of %s: nothing is wider than it", async (name, viewport) => {
      const isPhone = name === "phone";
      desk.server.first = plantWith((ms) => [...alarmsOfEachState(ms), ...floodAlarms(ms, 30)]);
      const page = await desk.open({ viewport, hasTouch: isPhone || name === "tablet", isMobile: isPhone });
      await page.waitForSelector("[data-alarm]");
      for (const place of ["scene", "alarms", "models"]) {
        await go(page, place);
        await page.waitForTimeout(300);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
        await keepScreenshot(page, `shell-${place}-${name}`);
      }
    });

    it("brings the machine forward on a tablet, and takes it away again", async () => {
      const page = await desk.open({ viewport: { width: 1024, height: 768 }, hasTouch: true });
      await page.tap(`button[data-machine="${machineId(cast[1])}"]`);
      await page.waitForSelector(".drawer[data-open]");
      await page.waitForSelector("#detail-title:has-text('Feed pump P-102')");
      await page.keyboard.press("Escape");
      await page.waitForSelector(".drawer:not([data-open])", { state: "attached" });
      expect(await page.evaluate(() => document.activeElement?.getAttribute("data-machine"))).toBe(
        machineId(cast[1]),
      );
    });

    it("brings an alarm's machine forward on a phone, from whatever page it is chosen in the bar", async () => {
      desk.server.first = plantWith(alarmsOfEachState);
      const page = await desk.open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
      await go(page, "models");
      await page.tap(".bar-alarm");
      await page.waitForSelector('.main[data-page="plant"] .drawer[data-open]');
      await page.waitForSelector("#detail-title:has-text('Feed pump P-101')");
      await keepScreenshot(page, "phone-alarm-forward");
      // Another page begins without it.
      await page.tap(".drawer-close");
      await page.tap(".bar-alarm");
      await page.waitForSelector(".drawer[data-open]");
      await page.evaluate(() => location.assign("#/models"));
      await page.waitForSelector(".drawer:not([data-open])", { state: "attached" });
    });

    it.each([
      ["en-GB", "dark"],
      ["en-GB", "light"],
      ["zh-CN", "colour-blind"],
      ["zh-CN", "light"],
    ])(
      "has nothing that axe calls serious (%s, %s)",
      async (locale, palette) => {
        desk.server.first = plantWith((ms) => [...alarmsOfEachState(ms), ...floodAlarms(ms, 12)]);
        const page = await desk.open({
          locale,
          before: (each) =>
            each.addInitScript((chosen) => localStorage.setItem("stethos.palette", chosen), palette),
        });
        await page.waitForSelector("[data-alarm]");
        for (const place of ["scene", "alarms", "models"]) {
          await go(page, place);
          await page.waitForTimeout(200);
          expect(await findings(page), place).toEqual([]);
        }
        await page.click("[data-settings]");
        expect(await findings(page), "settings").toEqual([]);
      },
      60_000,
    );
  });
}
