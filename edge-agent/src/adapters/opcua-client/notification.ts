import type { MonitoredItemNotification } from "node-opcua";
import { type RawBatch, rawColumns } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";
import { decodeInto } from "./decode.ts";
import { cutRow } from "./index-range.ts";
import type { Items } from "./items.ts";
import type { Opcua } from "./library.ts";
import type { Notification } from "./publish.ts";

/** What one answer of the server says. */
export interface Changes {
  /** Undefined where no tag changed. */
  readonly batch: RawBatch | undefined;
  /** Waveforms whose block counter changed. */
  readonly waveforms: readonly number[];
  /** Values that the server threw away because its queue for them was full. */
  readonly overflowed: number;
}

// OPC 10000-4, StatusCode: info type DataValue (bits 10 and 11 = 01) with the overflow bit (7).
const INFO_MASK = 0x0c80;
const OVERFLOW = 0x0480;

export function readChanges(
  opcua: Opcua,
  { response }: Notification,
  watched: Pick<Items, "ranges" | "sequences">,
  nowUs: TimeUs,
): Changes {
  const tags = watched.ranges.length;
  const items = itemsOf(opcua, response.notificationMessage.notificationData);
  const count = items.reduce((sum, { clientHandle }) => (clientHandle < tags ? sum + 1 : sum), 0);
  const rows = rawColumns(count, nowUs);
  const changed = new Set<number>();
  let row = 0;
  let overflowed = 0;
  for (const { clientHandle, value } of items) {
    if ((value.statusCode.value & INFO_MASK) === OVERFLOW) overflowed += 1;
    if (clientHandle < tags) {
      rows.tag[row] = clientHandle;
      decodeInto(rows, row, value, nowUs);
      const range = watched.ranges[clientHandle];
      if (range !== undefined) cutRow(rows, row, range);
      row += 1;
    } else if (clientHandle < tags + watched.sequences.length) {
      changed.add(clientHandle - tags);
    }
  }
  return { batch: count > 0 ? rows : undefined, waveforms: [...changed], overflowed };
}

function itemsOf(opcua: Opcua, data: readonly unknown[] | null): readonly MonitoredItemNotification[] {
  const lists = (data ?? []).map((one) =>
    one instanceof opcua.DataChangeNotification ? (one.monitoredItems ?? []) : [],
  );
  // Nearly always there is one list: do not copy it.
  return lists.length === 1 ? (lists[0] ?? []) : lists.flat();
}
