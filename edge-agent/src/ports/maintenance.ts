import type { TimeUs } from "../core/time.ts";
import type { WorkOrder } from "./rollout.ts";

/** A work order, and when it came. */
export interface FiledOrder extends WorkOrder {
  readonly filedUs: TimeUs;
}

/** What maintenance found at the machines. */
export interface Maintenance {
  /** On disk, and in the audit log, when it resolves. The same order of the same machine again replaces what it said before.
   *  @throws EdgeError DISK_FULL */
  file(order: WorkOrder): Promise<FiledOrder>;
  /** Newest first. */
  of(machine: string, most: number): readonly FiledOrder[];
}
