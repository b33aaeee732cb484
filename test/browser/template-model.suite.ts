import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { PlantLayout } from "../../edge-agent/src/core/layout/plant-layout.ts";
import { SCENE_COLOURS } from "../../web-twin/src/scene/palette.ts";
import { pumpModel } from "../../web-twin/src/testing/glb.ts";
import { type Desk, drawn } from "./desk.ts";
import { keepScreenshot } from "./screenshots.ts";
import { found, problem, type Responder } from "./scripted-answer.ts";
import { scriptedLayout } from "./scripted-layout.ts";
import { cast, machineId } from "./scripted-plant.ts";

const FILE = "pump.glb";
const [pump] = cast;

interface Scene {
  isAtRest(): boolean;
  loseContext(): void;
  restoreContext(): void;
  pixels(): Uint8Array;
}

interface Probed {
  readonly scene?: Scene & { readonly t: { readonly plant?: number } };
  goto(asset: string): void;
  project(tag: string): { readonly x: number; readonly y: number } | undefined;
  pick(x: number, y: number): string | undefined;
}

const withModel = (layout: PlantLayout): PlantLayout => ({
  ...layout,
  templates: layout.templates.map((template) => ({ ...template, model: FILE })),
});

/** The layout names a model for each machine; this is what comes when it is asked for. */
const answering =
  (model: Uint8Array | undefined): Responder =>
  ({ path: [kind, models] }) => {
    if (kind !== "layout") return undefined;
    if (models === undefined) return found(withModel(scriptedLayout()));
    return model === undefined ? problem(404, `the file "${FILE}" is not beside the layout`) : found(model);
  };

const atRest = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => (globalThis as unknown as { __twin: Probed }).__twin.scene?.isAtRest() === true);

async function openNear(desk: Desk): Promise<Page> {
  const page = await desk.open({ query: "?probe", colorScheme: "light" });
  await drawn(page);
  await page.waitForFunction(
    () => (globalThis as unknown as { __twin?: Probed }).__twin?.scene?.t.plant !== undefined,
  );
  await page.evaluate((id) => (globalThis as unknown as { __twin: Probed }).__twin.goto(id), machineId(pump));
  await atRest(page);
  return page;
}

/** As merge.ts shades a face that looks up, of a brightness of 0.8 in the file: that is the model's frame, and brighter
 *  than any part that the layout tells of. */
const FRAME_SHARE = (0.85 * (0.42 + 0.58 * 0.743) * 1.15 * 255) / 255;
const channels = (colour: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
const FRAME = channels(SCENE_COLOURS.light.shade).map(
  (dark, i) => dark + ((channels(SCENE_COLOURS.light.light)[i] ?? 0) - dark) * FRAME_SHARE,
);

const framePixels = (page: Page): Promise<number> =>
  page.evaluate((frame) => {
    const data = (globalThis as unknown as { __twin: Probed }).__twin.scene?.pixels() ?? new Uint8Array();
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (frame.every((channel, k) => Math.abs((data[i + k] ?? 0) - channel) <= 2)) count += 1;
    }
    return count;
  }, FRAME);

/** Many pixels: the frame fills a part of the picture. */
const MANY = 1_000;
/** Edges that happen to be as bright. */
const FEW = 60;

export function describeTemplateModels(desk: Desk): void {
  describe("a template with a model of its own", () => {
    it("is drawn as its model, fetched once, picked and labelled as before, also after the context was lost", async () => {
      desk.server.answers.push(answering(pumpModel()));
      const page = await openNear(desk);
      await expect.poll(() => framePixels(page), { timeout: 15_000 }).toBeGreaterThan(MANY);
      await keepScreenshot(page, "template-model");
      expect(desk.server.requests.filter((request) => request.endsWith(FILE)).length).toBe(1);
      const picked = await page.evaluate(
        (tag) => {
          const twin = (globalThis as unknown as { __twin: Probed }).__twin;
          const at = twin.project(tag);
          return at === undefined ? undefined : twin.pick(at.x, at.y);
        },
        `${machineId(pump)}/vibration`,
      );
      expect(picked).toMatch(new RegExp(`^${machineId(pump)}`));
      expect(await page.locator(".labels [data-label]").count()).toBeGreaterThan(0);

      // What is replaced after a loss is deleted in the lost context, which browsers remark on.
      await atRest(page);
      await page.evaluate(() => (globalThis as unknown as { __twin: Probed }).__twin.scene?.loseContext());
      await page.waitForSelector(".scene-notice:not([hidden])");
      await page.evaluate(() => (globalThis as unknown as { __twin: Probed }).__twin.scene?.restoreContext());
      await page.waitForSelector(".scene-notice[hidden]", { state: "attached" });
      await expect.poll(() => framePixels(page), { timeout: 15_000 }).toBeGreaterThan(MANY);
    }, 60_000);

    it.each([
      ["is missing", undefined, /pump\.glb: the file "pump\.glb" is not beside the layout/],
      ["cannot be read", new TextEncoder().encode("solid pump: no glTF at all"), /is not a glTF binary/],
    ])(
      "keeps its parts where the file %s, and says so until somebody has read it",
      async (_, model, words) => {
        desk.server.answers.push(answering(model));
        const page = await openNear(desk);
        const note = page.locator(".scene-model-note");
        await note.waitFor();
        expect(await note.textContent()).toMatch(words);
        expect(await framePixels(page)).toBeLessThan(FEW);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1280);
        await note.getByRole("button").click();
        await note.waitFor({ state: "hidden" });
      },
    );
  });
}
