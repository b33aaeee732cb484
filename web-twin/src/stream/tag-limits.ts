import type { Ask } from "./ask.ts";
import { parsed } from "./ask.ts";
import { list, number, object, optional } from "./shape.ts";

const tags = list(
  object({
    limits: optional(
      object({
        lowLow: optional(number),
        low: optional(number),
        high: optional(number),
        highHigh: optional(number),
      }),
    ),
  }),
);

/** Where a tag raises alarms, as it is configured, in its unit; lowest first.
 *  @throws ApiError, "not-found" where the agent knows no such tag */
export async function askTagLimits(ask: Ask, tag: string, signal: AbortSignal): Promise<readonly number[]> {
  const [found] = await ask(`v1/tags?${new URLSearchParams({ tag })}`, {}, parsed(tags), signal);
  const { lowLow, low, high, highHigh } = found?.limits ?? {};
  return [lowLow, low, high, highHigh].filter((limit) => limit !== undefined);
}
