import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { RIGHTS } from "../../edge-agent/src/core/roles.ts";
import type { ModelsDto } from "../../edge-agent/src/core/rollout/models-dto.ts";
import { type Desk, titled } from "./desk.ts";
import { models, withTrial } from "./scripted-models.ts";
import { cast, machineId, snapshot } from "./scripted-plant.ts";

const ASK = "dialog[aria-labelledby=command-title]";
/** Somebody whose token carries no name says himself who he is. */
const NAMELESS = { role: "engineer", isProtected: false, rights: RIGHTS };
const ROW = '[data-alarm="alarm-P-101"]';

export function describeModels(desk: Desk): void {
  /** The page with the models in its middle. */
  async function openModels(told: ModelsDto, locale = "en-GB"): Promise<Page> {
    desk.server.first = { ...snapshot(Date.now()), models: told } as typeof desk.server.first;
    const page = await desk.open({ locale });
    await page.click("[data-models]");
    await page.waitForSelector(".models:not([hidden])");
    return page;
  }

  const posted = (path: string): string[] =>
    desk.server.requests.filter((request) => request.startsWith(`POST ${path}`));

  describe("the models on the screen", () => {
    it("show champion, challenger, stage, evidence, why it waits and what would decide it", async () => {
      const page = await openModels(withTrial(Date.now()));
      expect(await page.textContent("[data-models]")).toBe("Models 18 to label");
      expect(await page.textContent("[data-role=challenger] .card-title")).toBe("listener 1.1.0");
      expect(await page.textContent(".stages [aria-current=step]")).toBe("Canary");
      const trial = await page.textContent(".trial");
      expect(trial).toContain("Acts on 5% of the frames, hears all");
      expect(trial).toContain("Labels on disagreements: 7 of 25");
      expect(trial).toContain("Promoted when the evidence for “better” reaches 20");
      expect(await page.textContent("[data-proof=better] .proof-value")).toBe("2.29 of 20");
      expect(await page.textContent("[data-proof=p99] .proof-value")).toContain("between -1.9 and +7.8 %");
      expect(await page.textContent(".drift-rows li:first-child .drift-state")).toBe(
        "2 of 3 warnings in a row",
      );
      expect(await page.textContent(".history")).toContain("Rolled back: listener 1.0.5");
      // What lies beneath takes neither clicks nor the keyboard, and alarms stay in view.
      expect(await page.locator(".detail").isVisible()).toBe(false);
      expect(await page.locator(".alarm-bar").isVisible()).toBe(true);
    });

    it("follow the feed", async () => {
      const page = await openModels(models(Date.now()));
      expect(await page.locator("[data-command]").allTextContents()).toEqual(["Start a trial"]);
      expect(await page.textContent("[data-role=challenger] .card-title")).toBe("No trial runs");
      const told = withTrial(Date.now(), { stage: "shadow", share: 0, waitsFor: [] });
      desk.server.send({ kind: "models", time: new Date().toISOString(), models: told });
      await page.waitForSelector(".stages [aria-current=step]:has-text('Shadow')");
      expect(await page.textContent(".trial")).toContain("It waits for nothing.");
    });

    it("label a frame with one click, the spectrogram in view, and go on to the next", async () => {
      const page = await openModels(withTrial(Date.now()));
      await page.waitForSelector(".frame-picture[data-state=ready] canvas");
      // A label must not depend on which model said what.
      expect(await page.textContent(".frame-picture figcaption")).toBe("The two models disagree");
      expect(await page.textContent('[data-frame="frame-1"] .row-place')).toBe("The two models disagree");
      await page.fill(".frame-answer input", "bearing seen to be pitted");
      await page.click(".frame-answer [data-verdict=real]");
      await page.waitForSelector('[data-frame="frame-1"][data-given="real"]');
      expect(posted("/v1/frames/")).toEqual([
        'POST /v1/frames/frame-1/label {"verdict":"real","by":"Li Wei","note":"bearing seen to be pitted"}',
      ]);
      await page.waitForSelector('[data-frame="frame-2"][aria-pressed="true"]');
      expect(await page.inputValue(".frame-answer input")).toBe("");
      await page.click('[data-frame="frame-3"]');
      await page.waitForSelector('[data-frame="frame-3"][aria-pressed="true"]');
      expect(await page.textContent('[data-frame="frame-1"] .row-place')).toBe(
        "Champion: healthy, Challenger: abnormal",
      );
      await page.click('[data-frame="frame-1"]');
      await page.waitForSelector(".frame-picture figcaption:has-text('22%, Challenger: 83%')");
    });

    it("say why a frame was not labelled or is not shown", async () => {
      desk.server.broken.set("/v1/frames/frame-1", 503);
      desk.server.broken.set("/v1/frames/frame-1/label", 503);
      const page = await openModels(withTrial(Date.now()));
      await page.waitForSelector(".frame-picture[data-state=failed]");
      await page.click(".frame-answer [data-verdict=false]");
      await page.waitForSelector(".labels-block .problem:not([hidden])");
      expect(await page.textContent(".labels-block .problem")).toContain("Not labelled: the agent refused");
      desk.server.broken.clear();
      await page.click(".labels-block button:has-text('Try again')");
      await page.waitForSelector(".frame-picture[data-state=ready]");
    });

    it("say why the list of frames or the audit log is not shown", async () => {
      desk.server.broken.set("/v1/models/disagreements", 503);
      desk.server.broken.set("/v1/models/history", 503);
      const page = await openModels(withTrial(Date.now()));
      await page.waitForSelector(".labels-block:has-text('The list is not shown: the agent refused')");
      await page.click(".models summary");
      await page.waitForSelector(".models details:has-text('The audit log is not shown: the agent refused')");
    });

    it("pause a trial in somebody's name, after asking", async () => {
      desk.server.session = NAMELESS;
      const page = await openModels(withTrial(Date.now()));
      await page.click("[data-command=pause]");
      await page.waitForSelector(`${ASK}[open]`);
      expect(await page.textContent("#command-title")).toBe("Pause the trial?");
      await page.fill("#command-by", " ");
      await page.keyboard.press("Enter");
      await page.waitForSelector(`${ASK} .problem:not([hidden])`);
      expect(posted("/v1/models/trial")).toEqual([]);
      await page.fill("#command-by", "Li Wei");
      await page.fill("#command-reason", "line 3 is being rebuilt");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".paused:not([hidden])");
      expect(posted("/v1/models/trial")).toEqual([
        'POST /v1/models/trial/pause {"by":"Li Wei","reason":"line 3 is being rebuilt"}',
      ]);
      expect(await page.textContent(".paused")).toContain("Paused by Li Wei");
      expect(await page.locator(ASK).evaluate((node: HTMLDialogElement) => node.open)).toBe(false);
      expect(await page.locator("[data-command]").allTextContents()).toEqual([
        "Resume",
        "Promote now",
        "Abort",
      ]);
    });

    it("say why a command was not done, and do nothing when it is called off", async () => {
      desk.server.broken.set("/v1/models/trial/promote", 409);
      const page = await openModels(withTrial(Date.now()));
      await page.click("[data-command=promote]");
      expect(await page.textContent("#command-title")).toBe("Promote listener 1.1.0 now?");
      await page.click(`${ASK} button[type=submit]`);
      await page.waitForSelector(`${ASK} .problem:not([hidden])`);
      expect(await page.textContent(`${ASK} .problem`)).toContain("Not done: the agent refused");
      await page.click(`${ASK} button[type=button]`);
      await page.click("[data-command=abort]");
      expect(await page.locator(`${ASK} .problem`).isVisible()).toBe(false);
      await page.keyboard.press("Escape");
      await page.waitForSelector(ASK, { state: "hidden" });
      expect(posted("/v1/models/trial")).toHaveLength(1);
      // Escape was the dialog's; the models are still there.
      expect(await page.locator(".models").isVisible()).toBe(true);
    });

    it("are left with Escape, a machine or an alarm, and the keyboard stays where it was", async () => {
      const page = await openModels(withTrial(Date.now()));
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("models-title");
      await page.keyboard.press("Escape");
      await page.waitForSelector(".models", { state: "hidden" });
      expect(await page.evaluate(() => document.activeElement?.hasAttribute("data-models"))).toBe(true);
      await page.keyboard.press("Enter");
      await page.waitForSelector(".models:not([hidden])");
      await page.click(".drift-rows .link");
      await page.waitForSelector(".models", { state: "hidden" });
      await titled(page, "Draught fan F-201");
      await page.click("[data-models]");
      await page.click(`button[data-machine="${machineId(cast[1])}"]`);
      await titled(page, "Feed pump P-102");
      expect(await page.locator(".detail").isVisible()).toBe(true);
    });

    it("speak Chinese, all of them, and stay open when the language changes", async () => {
      const page = await openModels(withTrial(Date.now()), "zh-CN");
      expect(await page.textContent("[data-models]")).toBe("模型 18 个待标注");
      expect(await page.textContent(".stages [aria-current=step]")).toBe("金丝雀");
      expect(await page.textContent(".trial")).toContain("分歧的标注：7，需 25");
      expect(await page.textContent(".history")).toContain("已回滚");
      await page.click("[data-settings]");
      await page.focus("[data-language]");
      await page.selectOption("[data-language]", "en");
      await page.waitForSelector(".stages [aria-current=step]:has-text('Canary')");
      expect(await page.locator(".models").isVisible()).toBe(true);
    });

    it("show the champion alone where no registry is configured", async () => {
      const page = await openModels({
        ...models(Date.now()),
        registry: { name: "", reachable: false, reason: "" },
      });
      expect(await page.textContent("[data-role=champion] .card-title")).toBe("listener 1.0.0");
      expect(await page.textContent("[data-role=challenger]")).toContain("No model registry is configured");
      expect(await page.locator("[data-command]").count()).toBe(0);
      expect(await page.locator(".labels-block").isVisible()).toBe(false);
      expect(desk.server.requests.filter((request) => request.includes("/v1/models/"))).toEqual([]);
    });

    it("say what is wanted when drift is confirmed and no candidate is there", async () => {
      const told = models(Date.now());
      const wanting = { sinceTime: new Date(Date.now() - 600_000).toISOString(), requested: true };
      const page = await openModels({ ...told, drift: { ...told.drift, wanting } });
      expect(await page.textContent("[data-models] .badge")).toBe("new model wanted");
      expect(await page.textContent(".wanting")).toBe(
        "Drift was confirmed and no candidate is there, 10 min ago. Retraining was asked for.",
      );
    });

    it("fit on a phone", async () => {
      desk.server.first = {
        ...snapshot(Date.now()),
        models: withTrial(Date.now()),
      } as typeof desk.server.first;
      const page = await desk.open({ viewport: { width: 400, height: 800 }, hasTouch: true, isMobile: true });
      await page.tap("[data-models]");
      await page.waitForSelector(".frame-picture[data-state=ready]");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(400);
    });
  });

  describe("an alarm", () => {
    it("is labelled with one click beside its spectrogram, and in the list once it is acknowledged", async () => {
      const page = await desk.open();
      await page.click(".alarm-block [data-verdict=real]");
      await page.waitForSelector(".alarm-block [data-verdict=real][aria-pressed=true]");
      await page.click(`${ROW} [data-acknowledge]`);
      await page.waitForSelector(`${ROW}[data-state="acknowledged-active"]`);
      expect(await page.getAttribute(`${ROW} [data-verdict=real]`, "aria-pressed")).toBe("true");
      await page.click(`${ROW} [data-verdict=not-sure]`);
      await page.waitForSelector(`${ROW} [data-verdict=not-sure][aria-pressed=true]`);
      expect(posted("/v1/alarms/alarm-P-101/label")).toEqual([
        'POST /v1/alarms/alarm-P-101/label {"verdict":"real","by":"Li Wei"}',
        'POST /v1/alarms/alarm-P-101/label {"verdict":"not-sure","by":"Li Wei"}',
      ]);
    });

    it("says why it was not labelled", async () => {
      desk.server.session = NAMELESS;
      desk.server.broken.set("/v1/alarms/alarm-P-101/label", 409);
      const page = await desk.open();
      await page.click(".alarm-block [data-verdict=real]");
      await page.waitForSelector(".alarm-block .problem:not([hidden])");
      expect(await page.textContent(".alarm-block .problem")).toContain("Not labelled: the agent refused");
      await page.fill("#operator", " ");
      await page.click(".alarm-block [data-verdict=real]");
      await page.waitForSelector(".alarm-block .problem:has-text('enter a name')");
    });
  });
}
