import type { PanelDeps } from "./panel.ts";

/** Who acknowledges, remembered on this screen. */
export interface Operator {
  name(): string;
  rename(name: string): void;
}

export type AcknowledgeDeps = Pick<PanelDeps, "store" | "api" | "failed"> & { readonly operator: Operator };
export type AcknowledgeResult =
  | { readonly kind: "done" }
  | { readonly kind: "nameless" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Acknowledges an alarm in the operator's name and shows its new state without waiting for the feed. */
export async function acknowledge(
  alarm: string,
  { store, api, failed, operator }: AcknowledgeDeps,
  signal: AbortSignal,
): Promise<AcknowledgeResult> {
  const by = operator.name().trim();
  if (by === "") return { kind: "nameless" };
  try {
    store.receiveAlarm(await api.acknowledge(alarm, by, signal));
    return { kind: "done" };
  } catch (error) {
    failed(error);
    return { kind: "failed", error };
  }
}
