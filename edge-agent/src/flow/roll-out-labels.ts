import type { OpenDisagreement } from "../core/gate/evidence.ts";
import type { Label, LabelVerdict } from "../core/label.ts";
import type { FieldStore } from "../ports/field-store.ts";
import type { WorkOrder } from "../ports/rollout.ts";
import type { Keeper } from "./roll-out-keeper.ts";

/** Labels reach the kept frames, to learn from, and the trial that waits for them. */
export interface Labels {
  label(label: Omit<Label, "timeUs">, timeUs: number, signal: AbortSignal): Promise<Label | undefined>;
  /** @returns how many disagreements it labelled */
  workOrder(order: WorkOrder, timeUs: number, signal: AbortSignal): Promise<number>;
}

export function createLabels({
  keeper,
  field,
}: {
  readonly keeper: Keeper;
  readonly field: FieldStore;
}): Labels {
  const known = (): readonly OpenDisagreement[] =>
    keeper.state.trial === undefined ? keeper.state.ended : keeper.state.trial.evidence.disagreements;

  async function put(label: Label, signal: AbortSignal): Promise<Label | undefined> {
    const isKept = await field.label(label, signal);
    const isOpen = known().some(({ frame }) => frame === label.frame);
    if (!isKept && !isOpen) return undefined;
    const { frame, verdict, by, note } = label;
    keeper.apply({ kind: "labelled", frame, verdict, by, ...(note !== undefined && { why: note }) });
    return label;
  }

  return {
    async label(given, timeUs, signal) {
      const label = await put({ ...given, timeUs }, signal);
      await keeper.settle(signal);
      return label;
    },
    /** What was found when the machine was opened is better than what anybody saw on a screen: it overrules. */
    async workOrder({ number, machine, fromUs, toUs, finding, by }, timeUs, signal) {
      const verdict: LabelVerdict = finding === "fault" ? "real" : "false";
      const meant = known().filter(
        (one) => one.machine === machine && one.timeUs >= fromUs && one.timeUs <= toUs,
      );
      for (const { frame } of meant) {
        await put({ frame, verdict, by, timeUs, source: "work-order", note: number }, signal);
      }
      await keeper.settle(signal);
      return meant.length;
    },
  };
}
