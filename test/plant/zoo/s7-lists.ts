import type { S7Traits } from "./s7-traits.ts";

/** A system status list, or the part of it that was asked for. */
export interface SzlAnswer {
  readonly id: number;
  readonly index: number;
  readonly records: readonly Buffer[];
}

/** The list's answer, or undefined where the device has no such list or index.
 *
 *  Bytes as a CPU 315-2 PN/DP sends them (ITI/ICS-Security-Tools, snap7_s300_everything.pcapng and
 *  tia_s300_goOnline.pcapng), with the identity put in. */
export function systemStatusList(traits: S7Traits, id: number, index: number): SzlAnswer | undefined {
  if (traits.szl === "closes" || !traits.szl.includes(id)) return undefined;
  const whole = LISTS[id & 0xff]?.(traits);
  if (whole === undefined) return undefined;
  // The high byte says what is wanted: 00 the whole list, others the record of one index, or a form of their own.
  if (id === 0x0011 || id === 0x001c || id === 0x0424) return { id, index: 0, records: [...whole.values()] };
  const record = whole.get(index);
  return record === undefined ? undefined : { id, index, records: [record] };
}

type List = (traits: S7Traits) => ReadonlyMap<number, Buffer>;

const LISTS: Readonly<Record<number, List>> = {
  17: moduleIdentification,
  28: componentIdentification,
  36: ({ state }) => new Map([[0, hex(`5144ff${state === "run" ? "08" : "04"}0000000000000000`, TIME)]]),
  49: communication,
  // Key switch, parameter and valid level, mode selector, restart selector (SFC 51 help, SZL-ID W#16#xy32).
  50: ({ protection }) =>
    new Map([
      [
        4,
        record(
          40,
          hex("0004", "0001", protection === 1 ? "0000" : word(protection), word(protection), "00020000"),
        ),
      ],
    ]),
};

const TIME = "1602081451375692";

function moduleIdentification({ identity }: S7Traits): ReadonlyMap<number, Buffer> {
  const order = text(identity.orderNumber, 20);
  const [major = 0, minor = 0, patch = 0] = identity.firmware.slice(1).split(".").map(Number);
  const version = Buffer.from([0x56, major, minor, patch]);
  return new Map([
    [1, hex("0001", order, "00c000030001")],
    [6, hex("0006", order, "00c000030001")],
    [7, hex("0007", text("", 20), "00c0", version)],
    [0x81, hex("0081", text("Boot Loader", 20), "000041200909")],
  ]);
}

function componentIdentification({ identity }: S7Traits): ReadonlyMap<number, Buffer> {
  const named: readonly (readonly [number, string])[] = [
    [1, identity.stationName],
    [2, identity.moduleName],
    [3, ""],
    [4, "Original Siemens Equipment"],
    [5, identity.serial],
    [7, identity.moduleType],
    [8, identity.card ?? ""],
  ];
  return new Map([
    ...named.map(
      ([index, name]) => [index, record(34, hex(word(index)), Buffer.from(name, "latin1"))] as const,
    ),
    [9, record(34, hex("0009002af6000001"))],
    [10, record(34, hex("000a"))],
    [11, record(34, hex("000b"))],
  ]);
}

function communication({ identity, pduSize, connections }: S7Traits): ReadonlyMap<number, Buffer> {
  const rates = identity.rates.map((rate) => rate.toString(16).padStart(8, "0")).join("");
  return new Map([
    [1, record(40, hex("0001", word(pduSize), word(connections.total), rates))],
    // Consistent bytes of one read and of one write.
    [3, record(40, hex("0003", "0001", word(pduSize)))],
  ]);
}

const word = (value: number): string => value.toString(16).padStart(4, "0");

const text = (value: string, length: number): Buffer => Buffer.from(value.padEnd(length, " "), "latin1");

function hex(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "hex") : part)));
}

/** The parts, filled up with zeros. */
function record(length: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts, length);
}
