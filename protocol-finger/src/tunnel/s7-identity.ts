/** What is known of the PLC behind the tunnel, to be told to who asks the tunnel who it is. */
export interface TunnelledPlc {
  readonly orderNumber?: string;
  /** "V2.6.1". */
  readonly firmware?: string;
}

/** What the tunnel tells of itself. */
export interface S7Identity {
  readonly plc: TunnelledPlc;
  readonly pduSize: number;
  readonly maxClients: number;
}

const NAME = "Stethos tunnel";
const NAME_BYTES = 20;
// Indices of list 0x0011 (Siemens, "System Software for S7-300/400, System and Standard Functions", 34.3).
const MODULE = 1;
const HARDWARE = 6;
const FIRMWARE = 7;
const LIST_001C_BYTES = 34;
const LIST_0131_BYTES = 40;

/** The records of a system status list; undefined for lists that the tunnel does not have.
 *
 *  It says what it is, a tunnel, in the place where a controller tells its module; in the places of hardware and firmware
 *  it tells of the PLC behind it, where that is known. The PLC's operating state is not: no register tells it. */
export function listOf(id: number, index: number, identity: S7Identity): readonly Buffer[] | undefined {
  switch (id) {
    // All records, whatever the index; those of one index have a list of their own.
    case 0x0011:
      return modules(identity.plc);
    case 0x0111:
      return modules(identity.plc).filter((record) => record.readUInt16BE(0) === index);
    case 0x001c:
      return names();
    case 0x011c:
      return names().filter((record) => record.readUInt16BE(0) === index);
    case 0x0131:
      return index === 1 ? [communication(identity)] : undefined;
    case 0x0424:
      return [unknownState()];
    default:
      return undefined;
  }
}

function modules({ orderNumber = NAME, firmware = "" }: TunnelledPlc): Buffer[] {
  const version = /^V?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?$/i.exec(firmware)?.slice(1) ?? [];
  const numbers = [0, 1, 2].map((i) => Math.min(255, Number(version[i] ?? 0)));
  return [
    moduleRecord(MODULE, NAME),
    moduleRecord(HARDWARE, orderNumber),
    moduleRecord(FIRMWARE, orderNumber, [0x56, ...numbers]),
  ];
}

/** Index and name: of the station and of the module; plant, copyright and serial number are not told; type of the module. */
function names(): Buffer[] {
  const texts = { 1: NAME, 2: NAME, 3: "", 4: "", 5: "", 7: NAME };
  return Object.entries(texts).map(([index, text]) => {
    const record = Buffer.alloc(LIST_001C_BYTES);
    record.writeUInt16BE(Number(index), 0);
    record.write(text, 2, "latin1");
    return record;
  });
}

/** Index, order number, type of the module, version. */
function moduleRecord(index: number, name: string, version: readonly number[] = [0, 0, 0, 0]): Buffer {
  const record = Buffer.alloc(2 + NAME_BYTES + 2 + 4);
  record.writeUInt16BE(index, 0);
  record.fill(name.slice(0, NAME_BYTES).padEnd(NAME_BYTES), 2, 2 + NAME_BYTES, "latin1");
  record.set(version, 2 + NAME_BYTES + 2);
  return record;
}

/** Index 1: size of the PDU, number of connections. */
function communication({ pduSize, maxClients }: S7Identity): Buffer {
  const record = Buffer.alloc(LIST_0131_BYTES);
  record.writeUInt16BE(1, 0);
  record.writeUInt16BE(pduSize, 2);
  record.writeUInt16BE(maxClients, 4);
  return record;
}

/** Event, previous and present operating state: 0 where 8 would be RUN and 4 STOP (snap7, s7_types.h: S7CpuStatus). */
const unknownState = (): Buffer => Buffer.alloc(20);
