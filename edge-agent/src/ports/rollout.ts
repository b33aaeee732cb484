import type { Label, LabelVerdict } from "../core/label.ts";
import type { AuditEntry, Disagreement, RolloutReport } from "../core/rollout/rollout-report.ts";
import type { TimeUs } from "../core/time.ts";

/** What people can tell a rollout to do. "start": try what the candidate channel offers, without waiting for drift;
 *  "abort": roll back and remember the candidate as rejected; "promote": skip what is left of shadow and canary. */
export type RolloutCommand = "abort" | "pause" | "promote" | "resume" | "start";

/** "done"; "nothing": there is no trial to command (or already one, for "start"); "no-candidate". */
export type CommandResult = "done" | "no-candidate" | "nothing";

/** A finding of maintenance: labels every disagreement on that machine in that time. */
export interface WorkOrder {
  readonly number: string;
  readonly machine: string;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly finding: "fault" | "no-fault";
  readonly by: string;
}

/** Models as screens see them, and what people may command. */
export interface Rollouts {
  report(): RolloutReport;
  command(
    command: RolloutCommand,
    by: string,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<CommandResult>;
  /** Of the trial that runs or ran last, newest first. */
  disagreements(most: number): readonly Disagreement[];
  /** @param frame id of a kept frame: of a disagreement, or of an alarm. Undefined where there is no such frame */
  label(
    frame: string,
    verdict: LabelVerdict,
    by: string,
    note: string | undefined,
    signal: AbortSignal,
  ): Promise<Label | undefined>;
  /** @returns how many disagreements it labelled */
  workOrder(order: WorkOrder, signal: AbortSignal): Promise<number>;
  /** Newest first. */
  history(most: number, signal: AbortSignal): Promise<readonly AuditEntry[]>;
  /** Calls back when the report changed, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}
