import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FirstLight, type Story, startFirstLight } from "./first-light.ts";

// Blocks come faster than in the demonstration; the story is told in blocks, so it only runs faster.
const BLOCK_MS = 400;
const STORY_MS = 120_000;
/** Blocks after which both bearings have failed for a while. */
const STORY_BLOCKS = 80;

interface AlarmRow {
  readonly machine: string | null;
  readonly state: string | null;
}

const recordings = process.env["STETHOS_DATA"];
const hasRecordings = recordings !== undefined && existsSync(join(recordings, "uestc/manifest.json"));
const sources: readonly { name: string; source: string; env: Record<string, string | undefined> }[] = [
  { name: "generator data", source: "generator", env: { STETHOS_DATA: undefined } },
  ...(hasRecordings
    ? [{ name: "real recordings", source: "recordings", env: { STETHOS_DATA: recordings } }]
    : []),
];

describe.each(sources)("first light, $name", ({ env, source }) => {
  let light: FirstLight;
  let page: Page;
  let story: Story;
  let address = "";

  beforeAll(async () => {
    light = await startFirstLight(BLOCK_MS, env);
    ({ story, address } = light);
    page = await light.browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(address);
  }, 180_000);

  afterAll(async () => {
    expect(await light?.stop()).toBe(0);
  }, 30_000);

  const alarms = (): Promise<AlarmRow[]> =>
    page.$$eval("[data-alarm]", (rows) =>
      rows.map((row) => ({
        machine: row.getAttribute("data-machine"),
        state: row.getAttribute("data-state"),
      })),
    );

  const healthOf = (machine: string): Promise<string | null> =>
    page.locator(`button[data-machine="${machine}"]`).first().getAttribute("data-health");

  it("shows the plant live, with its six machines", async () => {
    expect(story.source).toBe(source);
    await page.waitForSelector('body[data-feed="live"]', { timeout: 20_000 });
    for (const machine of [...story.failing, ...story.healthy]) {
      await page.waitForSelector(`button[data-machine="${machine}"]`, { timeout: 20_000 });
    }
  }, 45_000);

  it(
    "alarms for the two machines that degrade, and for none of the four healthy ones",
    async () => {
      const isAlarming = async (machine: string) => (await alarms()).some((row) => row.machine === machine);
      for (const machine of story.failing) {
        await expect.poll(() => isAlarming(machine), { timeout: STORY_MS, interval: 500 }).toBe(true);
      }
      await expect
        .poll(async () => (await status()).counters["waveforms"] ?? 0, { timeout: STORY_MS, interval: 500 })
        .toBeGreaterThan(6 * STORY_BLOCKS);
      expect(new Set((await alarms()).map((row) => row.machine))).toEqual(new Set(story.failing));
      for (const machine of story.failing) {
        await expect.poll(() => healthOf(machine), { timeout: STORY_MS, interval: 500 }).toBe("alarm");
      }
      for (const machine of story.healthy) expect(await healthOf(machine)).toBe("healthy");
      await page.screenshot({ path: join(light.folder, "alarm.png") });
    },
    2 * STORY_MS,
  );

  it("lost nothing on the way: every block read whole, every frame scored", async () => {
    const { counters } = await status();
    expect(counters["dropped_frames"] ?? 0).toBe(0);
    expect(counters["dropped_failed_frames"] ?? 0).toBe(0);
    expect(counters["history_lost"] ?? 0).toBe(0);
    expect(counters["frames_scored"]).toBeGreaterThan(6 * STORY_BLOCKS - 12);
  });

  it("takes the operator's acknowledgement and keeps it", async () => {
    const machine = story.failing[0] ?? "";
    const row = page.locator(`[data-alarm][data-machine="${machine}"]`).first();
    await row.locator("button", { hasText: /^Acknowledge$/ }).click();
    await page.waitForSelector(`[data-alarm][data-machine="${machine}"][data-state="acknowledged-active"]`, {
      timeout: 10_000,
    });
    const stored = (await (await fetch(`${address}/v1/alarms?open=true`)).json()) as {
      machine: string;
      state: string;
    }[];
    expect(stored.find((alarm) => alarm.machine === machine)?.state).toBe("acknowledged-active");
  }, 20_000);

  async function status(): Promise<{ counters: Record<string, number> }> {
    return (await (await fetch(`${address}/v1/status`)).json()) as { counters: Record<string, number> };
  }
});
