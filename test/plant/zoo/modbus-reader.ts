import modbusSerial from "modbus-serial";
import type { ZooTag } from "./zoo-profile.ts";

/** modbus-serial's client. */
export type ModbusClient = InstanceType<typeof modbusSerial.default>;

/** A client as its users make one.
 *  @param timeoutMs the longest wait for an answer */
export async function connectModbus(host: string, port: number, timeoutMs: number): Promise<ModbusClient> {
  const client = new modbusSerial.default();
  await client.connectTCP(host, { port });
  client.setTimeout(timeoutMs);
  return client;
}

/** Reads one tag of the zoo, one request a tag, as its address says.
 *  @param unit where the address names none
 *  @throws whatever the client throws */
export async function readModbusTag(
  client: ModbusClient,
  tag: ZooTag,
  unit: number,
): Promise<ZooTag["value"]> {
  const { table, at, type, order, ...place } = tagPlace(tag);
  client.setID(place.unit ?? unit);
  if (table === "coil") return (await client.readCoils(at, 1)).data[0] === true;
  if (table === "di") return (await client.readDiscreteInputs(at, 1)).data[0] === true;
  const count = registersOf(type);
  const { buffer } =
    table === "hr"
      ? await client.readHoldingRegisters(at, count)
      : await client.readInputRegisters(at, count);
  return decode(order === "CDAB" ? swapWords(buffer) : buffer, type);
}

interface Place {
  readonly table: string;
  readonly at: number;
  readonly type: string;
  readonly order: string;
  readonly unit: number | undefined;
}

/** The part of the address notation that the zoo uses. */
const NOTATION = /^(?:(hr|ir|coil|di):|(4)0*)(\d+)(?:,([A-Z0-9()]+))?(?:@([A-D]+))?(?:#unit=(\d+))?$/;

/** The address of a tag, taken apart. */
export function tagPlace({ address }: ZooTag): Place {
  const match = NOTATION.exec(address);
  if (match === null) throw new RangeError(`the zoo has no such address: ${address}`);
  const [, table = "hr", classic, number, type = "UINT16", order = "ABCD", unit] = match;
  // Classic references count from 1.
  const at = Number(number) - (classic === undefined ? 0 : 1);
  return { table, at, type, order, unit: unit === undefined ? undefined : Number(unit) };
}

function registersOf(type: string): number {
  const text = /^STRING\((\d+)\)$/.exec(type);
  if (text !== null) return Math.ceil(Number(text[1]) / 2);
  return type.endsWith("64") ? 4 : type.endsWith("32") ? 2 : 1;
}

function decode(bytes: Buffer, type: string): number | string {
  if (type === "INT16") return bytes.readInt16BE();
  if (type === "INT32") return bytes.readInt32BE();
  if (type === "FLOAT32") return bytes.readFloatBE();
  if (type === "FLOAT64") return bytes.readDoubleBE();
  if (type.startsWith("STRING")) return bytes.toString("latin1").replace(/\0.*$/, "");
  return bytes.readUInt16BE();
}

function swapWords(bytes: Buffer): Buffer {
  const words = Array.from({ length: bytes.length / 2 }, (_, i) => bytes.subarray(i * 2, i * 2 + 2));
  return Buffer.concat(words.toReversed());
}
