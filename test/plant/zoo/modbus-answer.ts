import type { ModbusArea, ModbusIdentity, ModbusTables, ModbusUnit } from "./modbus-traits.ts";

/** Exception codes: Modbus Application Protocol V1.1b3, 7. */
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

/** Limits and function codes: the same, 6.1 to 6.4, 6.13 and 6.21. */
const MOST_REGISTERS = 125;
const MOST_BITS = 2000;
const TABLES: Readonly<Record<number, keyof ModbusTables>> = {
  1: "coil",
  2: "discrete",
  3: "holding",
  4: "input",
};
const WRITES = [5, 6, 15, 16];
const REPORT_SERVER_ID = 0x11;
const ENCAPSULATED = 0x2b;
const READ_IDENTIFICATION = 0x0e;
/** Schneider's own function; "read id" is 5A 00 02 (ITI/ICS-Security-Tools, modicon_test.pcap). */
const UMAS = 0x5a;
const UMAS_READ_ID = Buffer.from([UMAS, 0x00, 0x02]);

/** What a unit answers to a request.
 *  @param pdu function code and data, one byte at least
 *  @param firmware in place of the revision of its identity */
export function answerPdu(unit: ModbusUnit, pdu: Buffer, firmware: string | undefined): Buffer {
  const code = pdu.readUInt8(0);
  const table = TABLES[code];
  if (table !== undefined) return answerRead(unit, table, pdu);
  if (code === REPORT_SERVER_ID && unit.serverId !== undefined) return serverId(unit.serverId);
  if (code === ENCAPSULATED && unit.identity !== undefined) {
    return identification({ ...unit.identity, ...(firmware !== undefined && { revision: firmware }) }, pdu);
  }
  if (unit.umasId !== undefined && pdu.equals(UMAS_READ_ID)) {
    return Buffer.concat([Buffer.from([UMAS, 0x00]), unit.umasId]);
  }
  if (unit.refusesWrites !== undefined && WRITES.includes(code)) return exceptionOf(pdu, unit.refusesWrites);
  return exceptionOf(pdu, ILLEGAL_FUNCTION);
}

export function exceptionOf(pdu: Buffer, exception: number): Buffer {
  return Buffer.from([pdu.readUInt8(0) | 0x80, exception]);
}

function answerRead(unit: ModbusUnit, table: keyof ModbusTables, pdu: Buffer): Buffer {
  const areas = unit.tables[table];
  if (areas === undefined) return exceptionOf(pdu, ILLEGAL_FUNCTION);
  if (pdu.length !== 5) return exceptionOf(pdu, ILLEGAL_VALUE);
  const start = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  const isBits = table === "coil" || table === "discrete";
  const most = isBits ? (unit.maxBits ?? MOST_BITS) : (unit.maxRegisters ?? MOST_REGISTERS);
  if (count < 1 || count > most) return exceptionOf(pdu, ILLEGAL_VALUE);
  const area = areas.find((one) => holds(one, start, count));
  if (area === undefined) return exceptionOf(pdu, ILLEGAL_ADDRESS);
  const data = (isBits ? packBits : packWords)(area, start, count);
  return Buffer.concat([Buffer.from([pdu.readUInt8(0), data.length]), data]);
}

function holds({ from, words, grain = 1 }: ModbusArea, start: number, count: number): boolean {
  const isInside = from <= start && start + count <= from + words.length;
  return isInside && (start - from) % grain === 0 && count % grain === 0;
}

function packWords({ from, words }: ModbusArea, start: number, count: number): Buffer {
  const data = Buffer.alloc(count * 2);
  for (let i = 0; i < count; i += 1) data.writeUInt16BE(words[start - from + i] ?? 0, i * 2);
  return data;
}

function packBits({ from, words }: ModbusArea, start: number, count: number): Buffer {
  const data = Buffer.alloc(Math.ceil(count / 8));
  for (let i = 0; i < count; i += 1) {
    const bit = words[start - from + i] === 1 ? 1 << (i % 8) : 0;
    data.writeUInt8(data.readUInt8(i >> 3) | bit, i >> 3);
  }
  return data;
}

/** The id in the vendor's form, then FF for "runs". */
function serverId(id: string): Buffer {
  const bytes = Buffer.from(id, "latin1");
  return Buffer.concat([Buffer.from([REPORT_SERVER_ID, bytes.length + 1]), bytes, Buffer.from([0xff])]);
}

/** The basic objects in one answer; more categories than the basic one are not had. */
function identification(identity: ModbusIdentity, pdu: Buffer): Buffer {
  if (pdu.length !== 4 || pdu.readUInt8(1) !== READ_IDENTIFICATION) return exceptionOf(pdu, ILLEGAL_FUNCTION);
  const wanted = pdu.readUInt8(2);
  const first = pdu.readUInt8(3);
  if (wanted < 1 || wanted > 4) return exceptionOf(pdu, ILLEGAL_VALUE);
  const all = [identity.vendor, identity.product, identity.revision].map((value, id) => ({ id, value }));
  // 4 asks for one object; streams begin again at the first one where the number is none of theirs.
  const from = wanted === 4 || all[first] !== undefined ? first : 0;
  const objects = all.filter(({ id }) => (wanted === 4 ? id === first : id >= from));
  if (objects.length === 0) return exceptionOf(pdu, ILLEGAL_ADDRESS);
  const CONFORMITY_BASIC = 0x81;
  const head = [ENCAPSULATED, READ_IDENTIFICATION, wanted, CONFORMITY_BASIC, 0, 0, objects.length];
  const body = objects.map(({ id, value }) => {
    const bytes = Buffer.from(value, "latin1");
    return Buffer.concat([Buffer.from([id, bytes.length]), bytes]);
  });
  return Buffer.concat([Buffer.from(head), ...body]);
}
