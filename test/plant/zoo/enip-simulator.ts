import type { Talk } from "./other-talker.ts";

/** What an EtherNet/IP adapter says of itself. */
export interface EnipTraits {
  /** Undefined: it knows no ListIdentity and answers status 1, as a 1756-ENET does (pycomm3 #294). */
  readonly identity: EnipIdentity | undefined;
}

export interface EnipIdentity {
  readonly vendor: number;
  readonly deviceType: number;
  readonly product: number;
  /** "4.3". */
  readonly revision: string;
  readonly status: number;
  readonly serial: number;
  readonly name: string;
  /** 3: operational. */
  readonly state: number;
}

/** Encapsulation (EtherNet/IP specification, volume 2, 2-3): command, length, session, status, sender context, options. */
const HEADER_BYTES = 24;
const NO_OPERATION = 0x0000;
const LIST_SERVICES = 0x0004;
const LIST_IDENTITY = 0x0063;
const INVALID_COMMAND = 1;

/** @param revision in place of the one in the identity */
export function enipTalk({ identity }: EnipTraits, revision: () => string | undefined): Talk {
  function answer(question: Buffer): Buffer | undefined {
    if (length(question) !== question.length) return undefined;
    const command = question.readUInt16LE(0);
    if (command === NO_OPERATION) return undefined;
    if (identity === undefined) return envelope(question, INVALID_COMMAND, Buffer.alloc(0));
    if (command === LIST_IDENTITY) {
      return envelope(question, 0, identityItem({ ...identity, revision: revision() ?? identity.revision }));
    }
    if (command === LIST_SERVICES) return envelope(question, 0, services());
    return envelope(question, INVALID_COMMAND, Buffer.alloc(0));
  }
  return { protocol: "enip", tcp: { length, answer }, udp: answer };
}

/** Of a whole request, from its first bytes. */
const length = (bytes: Buffer) => (bytes.length < 4 ? undefined : HEADER_BYTES + bytes.readUInt16LE(2));

function envelope(question: Buffer, status: number, data: Buffer): Buffer {
  const header = Buffer.from(question.subarray(0, HEADER_BYTES));
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(0, 4);
  header.writeUInt32LE(status, 8);
  return Buffer.concat([header, data]);
}

/** One item of type 0C: protocol version, socket address (high byte first), identity object
 *  (as in ITI/ICS-Security-Tools, enip_test.pcap). */
function identityItem(identity: EnipIdentity): Buffer {
  const name = Buffer.from(identity.name, "latin1");
  const item = Buffer.alloc(33 + name.length + 1);
  item.writeUInt16LE(1, 0);
  // AF_INET, port 44818, 10.1.1.164: the address that the device has itself.
  item.set([0x00, 0x02, 0xaf, 0x12, 10, 1, 1, 164], 2);
  item.writeUInt16LE(identity.vendor, 18);
  item.writeUInt16LE(identity.deviceType, 20);
  item.writeUInt16LE(identity.product, 22);
  const [major, minor] = identity.revision.split(".").map(Number);
  item.writeUInt8(major ?? 0, 24);
  item.writeUInt8(minor ?? 0, 25);
  item.writeUInt16LE(identity.status, 26);
  item.writeUInt32LE(identity.serial, 28);
  item.writeUInt8(name.length, 32);
  item.set(name, 33);
  item.writeUInt8(identity.state, 33 + name.length);
  const head = Buffer.alloc(6);
  head.writeUInt16LE(1, 0);
  head.writeUInt16LE(0x0c, 2);
  head.writeUInt16LE(item.length, 4);
  return Buffer.concat([head, item]);
}

/** One item of type 0100: version 1, TCP and UDP class 1 (flags 0120), "Communications". */
function services(): Buffer {
  const name = Buffer.alloc(16);
  name.write("Communications", "latin1");
  return Buffer.concat([Buffer.from([1, 0, 0x00, 0x01, 20, 0, 1, 0, 0x20, 0x01]), name]);
}
