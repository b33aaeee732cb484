import { spawn } from "node:child_process";
import { once } from "node:events";
import { firstReading } from "./agent-process.ts";
import { type Bench, median } from "./harness.ts";

const ROUNDS = 5;

/** The same Node.js doing nothing: what no agent can beat. */
async function bareStart(): Promise<number> {
  const start = performance.now();
  await once(spawn(process.execPath, ["-e", ""], { stdio: "ignore" }), "exit");
  return performance.now() - start;
}

export const start: Bench = {
  name: "start",
  explains:
    "an installed agent with model, history and API: from the start of its process to the first good reading over its " +
    "API (S7, 100 tags), against a Node.js that starts and ends",
  async run(report) {
    const agent: number[] = [];
    const bare: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      bare.push(await bareStart());
      agent.push(await firstReading());
      report(`round ${i + 1}: ${agent.at(-1)?.toFixed(0)} ms`);
    }
    return { firstReadingMs: median(agent), bareNodeMs: median(bare) };
  },
};
