import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
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

const LOOK_MS = 250;

/** How many machines have not learnt yet what is healthy. */
async function learning(address: string): Promise<number> {
  const machines = (await (await fetch(`${address}/v1/machines`)).json()) as readonly {
    health: { state: string };
  }[];
  return machines.filter(({ health }) => health.state === "learning" || health.state === "unknown").length;
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
    [config, "--port", "0", "--block-ms", String(blockMs), "--wait"],
    env,
  );
  const story = JSON.parse(await plant.line(/^\{/)) as Story;
  const agent = startScript("edge-agent/src/main.ts", ["run", "-c", config, "--log", "warn"]);
  const address = /http:\S+/.exec(await agent.line(/is listening/))?.[0] ?? "";
  const browser = await launchChromium();
  // A busy machine learns slowly: a bearing that failed meanwhile would be learnt as healthy.
  while ((await learning(address)) > 0) await pause(LOOK_MS);
  plant.process.stdin?.write("begin\n");
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
