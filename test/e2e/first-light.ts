import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium } from "../browser/chromium.ts";
import { startScript, temporaryFolder } from "./processes.ts";

/** What the simulated plant is about to play. */
export interface Story {
  readonly failing: readonly string[];
  readonly healthy: readonly string[];
  readonly source: string;
}

/** The simulated plant, the agent that listens to it and a browser, as `npm start` and an operator have them. */
export interface FirstLight {
  readonly story: Story;
  readonly address: string;
  readonly browser: Browser;
  /** For what a test wants to keep until it ends. */
  readonly folder: string;
  /** @returns the agent's exit code */
  stop(): Promise<number | string>;
}

/** @param blockMs the story is told in blocks: shorter ones make it run faster */
export async function startFirstLight(
  blockMs: number,
  env: Record<string, string | undefined> = {},
): Promise<FirstLight> {
  const folder = await temporaryFolder();
  const config = join(folder.path, "agent.yaml");
  const plant = startScript(
    "test/plant/main.ts",
    [config, "--port", "0", "--block-ms", String(blockMs)],
    env,
  );
  const story = JSON.parse(await plant.line(/^\{/)) as Story;
  const agent = startScript("edge-agent/src/main.ts", ["run", "-c", config, "--log", "warn"]);
  const address = /http:\S+/.exec(await agent.line(/is listening/))?.[0] ?? "";
  const browser = await launchChromium();
  return {
    story,
    address,
    browser,
    folder: folder.path,
    async stop() {
      await browser.close();
      const code = await agent.stop();
      await plant.stop();
      await folder.remove();
      return code;
    },
  };
}
