import { z } from "zod";

/** Sparkplug 3.0, 4.7: what a host application says of itself. */
const state = z.object({ online: z.boolean(), timestamp: z.number().nonnegative() });

export type Verdict = "online" | "offline" | "ignored";

/** What a primary host last said at one server. */
export interface HostState {
  /** Judges a STATE message: what is older than what was said before counts for nothing. */
  hear(payload: Uint8Array): Verdict;
}

export function createHostState(): HostState {
  let newest = Number.NEGATIVE_INFINITY;
  return {
    hear(payload) {
      const said = parse(payload);
      if (said === undefined || said.timestamp < newest) return "ignored";
      newest = said.timestamp;
      return said.online ? "online" : "offline";
    },
  };
}

function parse(payload: Uint8Array): z.infer<typeof state> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    // Also what Sparkplug 2 said, "ONLINE": it has no time by which to judge it.
    return undefined;
  }
  const result = state.safeParse(json);
  return result.success ? result.data : undefined;
}
