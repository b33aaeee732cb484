import type { Talk } from "./other-talker.ts";

/** What a BACnet/IP device says of itself. */
export interface BacnetTraits {
  readonly instance: number;
  readonly vendorId: number;
  readonly vendor: string;
  readonly model: string;
  readonly firmware: string;
  readonly application: string;
  readonly name: string;
}

/** Property identifiers of the device object (ASHRAE 135, clause 21). */
const OBJECT_IDENTIFIER = 0x4b;
const VENDOR_IDENTIFIER = 0x78;
const DEVICE = 8;
/** The instance that means "whichever you are". */
const ANY_INSTANCE = 0x3fffff;
/** BVLC (original unicast), NPDU (an answer is expected), APDU (confirmed request, read property), object, property. */
const READ_PROPERTY_BYTES = 17;

/** @param firmware in place of the one in the traits */
export function bacnetTalk(traits: BacnetTraits, firmware: () => string | undefined): Talk {
  return {
    protocol: "bacnet",
    udp: (datagram) => answerBacnet({ ...traits, firmware: firmware() ?? traits.firmware }, datagram),
  };
}

function answerBacnet(traits: BacnetTraits, datagram: Buffer): Buffer | undefined {
  if (!isReadProperty(datagram)) return undefined;
  const invokeId = datagram.readUInt8(8);
  const property = datagram.readUInt8(16);
  const object = datagram.readUInt32BE(11);
  const isOurs = [ANY_INSTANCE, traits.instance].some((instance) => object === deviceId(instance));
  const value = isOurs ? propertyOf(traits, property) : undefined;
  const apdu =
    value === undefined
      ? // Error: class property, code unknown-property.
        Buffer.from([0x50, invokeId, 0x0c, 0x91, 0x02, 0x91, 0x20])
      : Buffer.concat([
          Buffer.from([0x30, invokeId, 0x0c]),
          datagram.subarray(10, READ_PROPERTY_BYTES),
          Buffer.from([0x3e]),
          value,
          Buffer.from([0x3f]),
        ]);
  const head = Buffer.from([0x81, 0x0a, 0, 0, 0x01, 0x00]);
  head.writeUInt16BE(head.length + apdu.length, 2);
  return Buffer.concat([head, apdu]);
}

function isReadProperty(datagram: Buffer): boolean {
  return (
    datagram.length === READ_PROPERTY_BYTES &&
    datagram.readUInt16BE(0) === 0x810a &&
    datagram.readUInt16BE(2) === READ_PROPERTY_BYTES &&
    datagram.readUInt16BE(4) === 0x0104 &&
    datagram.readUInt8(6) === 0x00 &&
    datagram.readUInt8(9) === 0x0c &&
    datagram.readUInt8(10) === 0x0c &&
    datagram.readUInt8(15) === 0x19
  );
}

const deviceId = (instance: number): number => ((DEVICE << 22) | instance) >>> 0;

function propertyOf(traits: BacnetTraits, property: number): Buffer | undefined {
  const texts: Readonly<Record<number, string>> = {
    12: traits.application,
    28: "",
    44: traits.firmware,
    58: "",
    70: traits.model,
    77: traits.name,
    121: traits.vendor,
  };
  if (property === VENDOR_IDENTIFIER) return Buffer.from([0x21, traits.vendorId]);
  if (property === OBJECT_IDENTIFIER) {
    const value = Buffer.from([0xc4, 0, 0, 0, 0]);
    value.writeUInt32BE(deviceId(traits.instance), 1);
    return value;
  }
  const text = texts[property];
  return text === undefined ? undefined : characterString(text);
}

/** Application tag 7, in UCS-2, as an NAE sends it (ITI/ICS-Security-Tools, bacnet_test.pcap). */
function characterString(text: string): Buffer {
  const UCS2 = 4;
  const bytes = Buffer.from(text, "utf16le").swap16();
  const length = bytes.length + 1;
  const tag = length < 5 ? [0x70 | length] : [0x75, length];
  return Buffer.concat([Buffer.from([...tag, UCS2]), bytes]);
}
