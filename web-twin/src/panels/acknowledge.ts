import type { AlarmDto } from "@stethos/edge-agent/core";
import { type Done, inNameOf } from "./in-name-of.ts";
import type { PanelDeps } from "./panel.ts";

type AcknowledgeDeps = Pick<PanelDeps, "store" | "api" | "failed" | "operator">;

/** Acknowledges an alarm in the operator's name and shows its new state without waiting for the feed. */
export async function acknowledge(
  alarm: string,
  { store, api, failed, operator }: AcknowledgeDeps,
  signal: AbortSignal,
): Promise<Done<AlarmDto>> {
  const result = await inNameOf(operator, failed, (by) => api.acknowledge(alarm, by, signal));
  if (result.kind === "done") store.receiveAlarm(result.value);
  return result;
}
