import { join } from "node:path";
import { z } from "zod";
import { readHistory } from "../adapters/sqlite/read-history.ts";
import { rfc3339 } from "../core/time.ts";
import type { ReplaySource } from "../flow/rules-samples.ts";
import { type AgentOptions, askAgent } from "./ask-agent.ts";

const column = z.array(z.number().nullable());
const trend = z.object({ time: z.array(z.number()), min: column, max: column, mean: column });

/** The history of a running agent, over its API. */
export const agentSource = (agent: AgentOptions): ReplaySource => ({
  async trend(of, id, { fromUs, toUs, buckets }, signal) {
    const query = new URLSearchParams({ from: rfc3339(fromUs), to: rfc3339(toUs), buckets: String(buckets) });
    const path = `/v1/trends/${of}/${encodeURIComponent(id)}?${query}`;
    const { time, min, max, mean } = await askAgent(agent, path, trend, signal);
    const columnOf = (values: readonly (number | null)[]) =>
      Float64Array.from(values, (value) => value ?? Number.NaN);
    return {
      timeUs: Float64Array.from(time, (second) => second * 1e6),
      min: columnOf(min),
      max: columnOf(max),
      mean: columnOf(mean),
    };
  },
});

/** The history of an agent that stands.
 *  @throws EdgeError HISTORY_FAILED */
export function fileSource(dataFolder: string): ReplaySource & { close(): void } {
  const reader = readHistory(join(dataFolder, "history.db"));
  return {
    // What blocks here is a command line that has nothing else to do.
    trend: async (of, id, query) => reader.trend(of, id, query),
    close: reader.close,
  };
}
