import { createCursor, plainText } from "./cursor.ts";
import type { SzlList } from "./s7-szl-list.ts";

/** What a module is called and which version it has (0x0011, module identification). */
export interface ModuleIdentity {
  /** "6ES7 315-2EH14-0AB0"; undefined where no record tells. */
  readonly orderNumber: string | undefined;
  /** "V3.2.7", of index 7 only: the last record is the boot loader's. */
  readonly firmware: string | undefined;
}

// Indices of 0x0011 (Siemens, System Software for S7-300/400, volume 2, "SSL-ID W#16#xy11").
const MODULE = 1;
const HARDWARE = 6;
const FIRMWARE = 7;
const VERSION_LETTER = 0x56;
const TYPE_AND_VERSION = 6;

/** @throws WireError where a record is too short */
export function moduleIdentity(list: SzlList): ModuleIdentity {
  const modules = list.records.map((record) => {
    const cursor = createCursor(record);
    const index = cursor.u16("the index of a module");
    const name = cursor.text(20, "the order number");
    // Records of 26 bytes, without a whole version, come from a simulator (python-snap7 3, server).
    const version = cursor.left < TYPE_AND_VERSION ? undefined : cursor.rest().subarray(2, TYPE_AND_VERSION);
    return { index, name, version };
  });
  const named = [MODULE, HARDWARE, FIRMWARE]
    .map((index) => modules.find((module) => module.index === index)?.name)
    .find((name) => name !== undefined && name !== "");
  const version = modules.find((module) => module.index === FIRMWARE)?.version;
  return { orderNumber: named, firmware: version === undefined ? undefined : firmwareOf(version) };
}

/** "V" and three numbers, a byte each: 56 02 06 01 is V2.6.1. */
function firmwareOf(version: Buffer): string | undefined {
  if (version.readUInt8(0) !== VERSION_LETTER) return undefined;
  return `V${version.readUInt8(1)}.${version.readUInt8(2)}.${version.readUInt8(3)}`;
}

/** Names of a component (0x001c, 0x011c), by what they name. */
export interface ComponentNames {
  readonly stationName?: string;
  readonly moduleName?: string;
  readonly plantId?: string;
  readonly copyright?: string;
  readonly serial?: string;
  readonly moduleType?: string;
}

// Siemens, System Software for S7-300/400, volume 2, "SSL-ID W#16#xy1C".
const COMPONENTS: ReadonlyMap<number, keyof ComponentNames> = new Map([
  [1, "stationName"],
  [2, "moduleName"],
  [3, "plantId"],
  [4, "copyright"],
  [5, "serial"],
  [7, "moduleType"],
]);

/** Empty names are left out.
 *  @throws WireError where a record is too short */
export function componentNames(list: SzlList): ComponentNames {
  const names: { -readonly [Key in keyof ComponentNames]: string } = {};
  for (const record of list.records) {
    const cursor = createCursor(record);
    const name = COMPONENTS.get(cursor.u16("the index of a component"));
    const text = untilZero(cursor.rest());
    if (name !== undefined && text !== "") names[name] = text;
  }
  return names;
}

/** Reserved bytes of any value may follow the zero that ends a text. */
function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return plainText(end === -1 ? bytes : bytes.subarray(0, end));
}

/** What the CPU can take (0x0131, index 1, communication capability). */
export interface CommunicationLimits {
  readonly pduSize: number;
  readonly connections: number;
  /** Bits a second. */
  readonly mpiRate: number;
}

/** @throws WireError where the record is too short; undefined where there is none */
export function communicationLimits(list: SzlList): CommunicationLimits | undefined {
  const record = recordOf(list, 1);
  if (record === undefined) return undefined;
  const cursor = createCursor(record, 2);
  return {
    pduSize: cursor.u16("the PDU size"),
    connections: cursor.u16("the number of connections"),
    mpiRate: cursor.u32("the rate of the MPI"),
  };
}

/** 0x0131, index 3: bytes that the CPU reads at one moment. */
export function consistentBytes(list: SzlList): number | undefined {
  const record = recordOf(list, 3);
  return record === undefined ? undefined : createCursor(record, 6).u16("the bytes read at one moment");
}

/** Who may do what (0x0132 and 0x0232, index 4). */
export interface Protection {
  /** 1 to 3, of the mode selector; 0 where it has none. */
  readonly selector: number;
  /** 1 to 3, set with a password; 0 where none is set. */
  readonly parameter: number;
  /** 1 to 3, in force: 1 free, 2 no writing, 3 neither reading nor writing. */
  readonly level: number;
}

/** @throws WireError where the record is too short; undefined where there is none */
export function protection(list: SzlList): Protection | undefined {
  const record = recordOf(list, 4);
  if (record === undefined) return undefined;
  const cursor = createCursor(record, 2);
  return {
    selector: cursor.u16("the level of the selector"),
    parameter: cursor.u16("the level of the password"),
    level: cursor.u16("the level in force"),
  };
}

export type CpuState = "RUN" | "STOP" | "STARTUP" | "HOLD" | "DEFECT";

// Low half of the byte behind the event (Siemens, System Software for S7-300/400, volume 2, "SSL-ID W#16#xy24").
const CPU_STATES: ReadonlyMap<number, CpuState> = new Map([
  [0x1, "STOP"],
  [0x2, "STOP"],
  [0x3, "STOP"],
  [0x4, "STOP"],
  [0x5, "STARTUP"],
  [0x6, "STARTUP"],
  [0x7, "STARTUP"],
  [0x8, "RUN"],
  [0x9, "RUN"],
  [0xa, "HOLD"],
  [0xd, "DEFECT"],
]);

/** 0x0424, mode of the CPU. Undefined where the record names none that is known.
 *  @throws WireError where the record is too short */
export function cpuState(list: SzlList): CpuState | undefined {
  const [record] = list.records;
  if (record === undefined) return undefined;
  return CPU_STATES.get(createCursor(record, 3).u8("the mode of the CPU") & 0x0f);
}

const recordOf = (list: SzlList, index: number): Buffer | undefined =>
  list.records.find((record) => record.length >= 2 && record.readUInt16BE(0) === index);
