import type { LabelDto, LabelVerdict } from "@stethos/edge-agent/core";
import { type Done, inNameOf } from "./in-name-of.ts";
import type { PanelDeps } from "./panel.ts";

type LabelAlarmDeps = Pick<PanelDeps, "store" | "api" | "failed" | "operator">;

/** Says in the operator's name whether an alarm was real, and remembers it on this screen. */
export async function labelAlarm(
  alarm: string,
  verdict: LabelVerdict,
  { store, api, failed, operator }: LabelAlarmDeps,
  signal: AbortSignal,
): Promise<Done<readonly LabelDto[]>> {
  const result = await inNameOf(operator, failed, (by) => api.labelAlarm(alarm, { verdict, by }, signal));
  if (result.kind === "done") store.labelAlarm(alarm, verdict);
  return result;
}
