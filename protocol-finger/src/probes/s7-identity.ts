import type { SzlList } from "../wire/s7-szl-list.ts";
import {
  type ComponentNames,
  communicationLimits,
  componentNames,
  consistentBytes,
  cpuState,
  moduleIdentity,
  protection,
} from "../wire/s7-szl-records.ts";
import { WireError } from "../wire/wire-error.ts";
import { createNoter, type Noter } from "./note.ts";
import type { Visit } from "./probe.ts";
import type { Listed } from "./s7-lists.ts";

/** Notes what a list says of the controller. */
export type NoteList = (visit: Visit, listed: Listed) => void;

// Index, order number, type and version (Siemens, System Software for S7-300/400, volume 2, "SSL-ID W#16#xy11").
const MODULE_RECORD_BYTES = 28;

export const noteModule = fromList((list, note) => {
  const { orderNumber, firmware } = moduleIdentity(list);
  const odd = list.records.find(({ length }) => length !== MODULE_RECORD_BYTES);
  if (odd !== undefined) {
    const lengths = `${odd.length} bytes where CPUs have ${MODULE_RECORD_BYTES}`;
    note("szlMalformed", true, `records of SZL 0x0011 have ${lengths}`);
  }
  note("orderNumber", orderNumber, `order number ${orderNumber} (SZL 0x0011)`);
  note("firmware", firmware, `firmware ${firmware} (SZL 0x0011, index 7)`);
});

/** Keys of facts, and what they are called. */
const NAMES: readonly (readonly [keyof ComponentNames, string, string])[] = [
  ["stationName", "stationName", "station"],
  ["moduleName", "moduleName", "module name"],
  ["plantId", "plantId", "plant identification"],
  ["copyright", "copyright", "copyright"],
  ["serial", "serial", "serial number"],
  ["moduleType", "moduleType", "type"],
];

export const noteNames = fromList((list, note, { parts, isCurt, isOver }) => {
  const names = componentNames(list);
  for (const [key, fact, called] of NAMES) note(fact, names[key], `${called} "${names[key]}" (SZL 0x001C)`);
  if (isCurt === true) note("szlCurt", true, "its answers leave out the end of their parameters");
  if (!isOver && list.records.length < list.count) {
    note("szlTruncated", true, `tells of ${list.count} names and sends ${list.records.length} (SZL 0x001C)`);
  }
  note("szlFragmented", parts > 1, `list 0x001C came in ${parts === 1 ? "one part" : `${parts} parts`}`);
});

export const noteCommunication = fromList((list, note) => {
  const limits = communicationLimits(list);
  if (limits === undefined) return;
  const { connections, pduSize } = limits;
  note("connections", connections, `${connections} connections in all (SZL 0x0131, index 1)`);
  note("mostPduSize", pduSize, `PDU of ${pduSize} bytes at most (SZL 0x0131, index 1)`);
});

export const noteConsistency = fromList((list, note) => {
  const bytes = consistentBytes(list);
  note("consistentBytes", bytes, `${bytes} bytes are read at one moment (SZL 0x0131, index 3)`);
});

export const noteProtection = fromList((list, note) => {
  const found = protection(list);
  if (found === undefined) return;
  const password = found.parameter === 0 ? "no password" : `password for level ${found.parameter}`;
  note("protectionLevel", found.level, `protection level ${found.level}, ${password} (SZL 0x0132, index 4)`);
});

export const noteMode = fromList((list, note) => {
  const state = cpuState(list);
  note("cpuState", state, `CPU in ${state} (SZL 0x0424)`);
});

/** A record that is too short is left out: what a peer sent is never asserted. */
function fromList(read: (list: SzlList, note: Noter, listed: Listed) => void): NoteList {
  return (visit, listed) => {
    if (listed.list === undefined) return;
    const note = createNoter(visit, "s7", listed.bytes);
    try {
      read(listed.list, note, listed);
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
      note("szlMalformed", true, `a system status list is no such list: ${thrown.message}`);
    }
  };
}
