import { type RawBatch, rawColumns } from "../../core/reading.ts";
import type { Waveform } from "../../core/waveform.ts";
import type { DriverEvent, ScanPlan } from "../../ports/driver.ts";

/** Events that wait for a consumer. A server pushes whether anybody listens or not, so where the consumer is slow:
 *
 *  - batches melt into one that holds the newest row of each tag; the rows that went are told as overruns;
 *  - of each waveform the newest blocks stay; the ones that went count as missed in the next one;
 *  - of all else the oldest go. */
export interface EventQueue extends AsyncIterable<DriverEvent> {
  push(event: DriverEvent): void;
  /** No more events; the consumer gets what is there and then ends. */
  close(): void;
  /** Rows that had to make room since the start. */
  readonly droppedRows: number;
}

export interface QueueBounds {
  /** Rows of batches; never less than two for each tag of the plan. */
  readonly rows: number;
  /** Blocks of each waveform. */
  readonly blocks: number;
  /** Events of other kinds. */
  readonly notes: number;
}

export const defaultBounds: QueueBounds = { rows: 50_000, blocks: 2, notes: 1000 };

export function createEventQueue(plan: ScanPlan, bounds: QueueBounds = defaultBounds): EventQueue {
  // With room for the newest rows alone every push would melt again.
  const mostRows = Math.max(bounds.rows, 2 * plan.tags.length);
  const groupOf = groupsByTag(plan);
  let pending: DriverEvent[] = [];
  let rows = 0;
  let droppedRows = 0;
  let closed = false;
  let wake: (() => void) | undefined;

  function melt(): void {
    const batches = pending.filter((event) => event.kind === "batch").map((event) => event.batch);
    const { batch, dropped } = newestRows(batches, groupOf);
    pending = pending.filter((event) => event.kind !== "batch");
    pending.push({ kind: "batch", batch });
    rows = batch.count;
    for (const [group, missed] of dropped) {
      droppedRows += missed;
      tellOverrun(plan.groups[group]?.name ?? "", missed);
    }
  }

  function tellOverrun(group: string, missed: number): void {
    const at = pending.findIndex((event) => event.kind === "overrun" && event.group === group);
    const told = pending[at];
    if (told?.kind === "overrun") pending[at] = { ...told, missed: told.missed + missed };
    else addNote({ kind: "overrun", group, missed });
  }

  function addNote(event: DriverEvent): void {
    pending.push(event);
    const notes = pending.filter(({ kind }) => kind !== "batch" && kind !== "waveform").length;
    if (notes <= bounds.notes) return;
    pending.splice(
      pending.findIndex(({ kind }) => kind !== "batch" && kind !== "waveform"),
      1,
    );
  }

  function addWaveform(waveform: Waveform): void {
    const waiting = pending.filter(
      (event) => event.kind === "waveform" && event.waveform.tag === waveform.tag,
    );
    pending.push({ kind: "waveform", waveform });
    const oldest = waiting[0];
    if (waiting.length < bounds.blocks || oldest?.kind !== "waveform") return;
    pending.splice(pending.indexOf(oldest), 1);
    const next = pending.findIndex(
      (event) => event.kind === "waveform" && event.waveform.tag === waveform.tag,
    );
    const heir = pending[next];
    if (heir?.kind !== "waveform") return;
    const missed = heir.waveform.missed + oldest.waveform.missed + 1;
    pending[next] = { kind: "waveform", waveform: { ...heir.waveform, missed } };
  }

  function add(event: DriverEvent): void {
    switch (event.kind) {
      case "batch":
        pending.push(event);
        rows += event.batch.count;
        if (rows > mostRows) melt();
        return;
      case "waveform":
        addWaveform(event.waveform);
        return;
      case "overrun":
        tellOverrun(event.group, event.missed);
        return;
      default:
        addNote(event);
    }
  }

  function notify(): void {
    wake?.();
    wake = undefined;
  }

  return {
    push(event) {
      if (closed) return;
      add(event);
      notify();
    },
    close() {
      closed = true;
      notify();
    },
    get droppedRows() {
      return droppedRows;
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        for (let event = pending.shift(); event !== undefined; event = pending.shift()) {
          if (event.kind === "batch") rows -= event.batch.count;
          yield event;
        }
        if (closed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function groupsByTag(plan: ScanPlan): Uint32Array {
  const groupOf = new Uint32Array(plan.tags.length);
  plan.groups.forEach((group, index) => {
    for (const tag of group.tags) groupOf[tag] = index;
  });
  return groupOf;
}

/** One batch with the newest row of each tag, in the order in which the rows came; and what went, by group. */
function newestRows(
  batches: readonly RawBatch[],
  groupOf: Uint32Array,
): { readonly batch: RawBatch; readonly dropped: ReadonlyMap<number, number> } {
  const newest = new Map<number, { readonly from: RawBatch; readonly row: number }>();
  const dropped = new Map<number, number>();
  for (const from of batches) {
    for (let row = 0; row < from.count; row += 1) {
      const tag = from.tag[row] ?? 0;
      if (newest.delete(tag)) {
        const group = groupOf[tag] ?? 0;
        dropped.set(group, (dropped.get(group) ?? 0) + 1);
      }
      newest.set(tag, { from, row });
    }
  }
  const batch = rawColumns(newest.size, 0);
  let i = 0;
  for (const [tag, { from, row }] of newest) {
    batch.tag[i] = tag;
    batch.value[i] = from.value[row] ?? Number.NaN;
    batch.status[i] = from.status[row] ?? 0;
    batch.sourceTimeUs[i] = from.sourceTimeUs[row] ?? 0;
    const other = from.other.get(row);
    if (other !== undefined) batch.other.set(i, other);
    i += 1;
  }
  return { batch, dropped };
}
