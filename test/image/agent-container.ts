import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { type Child, startScript, temporaryFolder } from "../e2e/processes.ts";

export const CONFIG = "/etc/stethos/agent.yaml";
const LOOK_MS = 20;
const PATIENCE_MS = 300_000;

/** The simulated plant: six machines on an S7, a Modbus and an OPC UA controller, and a configuration to read them. */
export interface Plant {
  /** @param changes of its settings. @returns the file's path */
  writeConfig(name: string, changes: object): Promise<string>;
  close(): Promise<void>;
}

export async function startPlantProcess(): Promise<Plant> {
  const folder = await temporaryFolder();
  const original = join(folder.path, "plant.yaml");
  // Healthy machines: the story waits for a word that never comes.
  const child: Child = startScript("test/plant/main.ts", [original, "--port", "0", "--wait"]);
  await child.line(/^\{/);
  const settings = parse(await readFile(original, "utf8")) as object;
  return {
    async writeConfig(name, changes) {
      const file = join(folder.path, name);
      await writeFile(file, stringify({ ...settings, ...changes }));
      return file;
    },
    async close() {
      await child.stop();
      await folder.remove();
    },
  };
}

/** Asks until the answer is there.
 *  @param isGone tells why waiting is in vain */
export async function until<T>(
  look: () => Promise<T | undefined>,
  isGone: () => string | undefined = () => undefined,
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    const why = isGone();
    if (why !== undefined) throw new Error(why);
    if (performance.now() > end) throw new Error("it did not happen within five minutes");
    await pause(LOOK_MS);
  }
}

/** @param address of the agent's API */
export async function hasGoodReading(address: string): Promise<true | undefined> {
  const answer = await (await fetch(`${address}/v1/readings?most=1`)).text();
  return answer.includes('"quality":"good"') ? true : undefined;
}

/** Whether the model has answered for any window. */
export async function hasScore(address: string): Promise<true | undefined> {
  const machines = (await (await fetch(`${address}/v1/machines`)).json()) as readonly {
    readonly scores: readonly { readonly state: string }[];
  }[];
  const states = machines.flatMap(({ scores }) => scores.map(({ state }) => state));
  return states.some((state) => state !== "not-scored" && state !== "degraded") ? true : undefined;
}
