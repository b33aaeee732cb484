import { hex } from "./malformed.ts";

// Answers of devices, put together field by field: the identities are those of public captures, everything else is
// filled with what the standard says.

const field = (text: string, length: number): Buffer => Buffer.from(text.padEnd(length, "\0"), "latin1");

/** A module of Rockwell, as ITI/ICS-Security-Tools enip_test.pcap has it (CIP volume 2, ListIdentity). */
export function enipAnswer(productName = "1756-ENBT/A", vendorId = 1): Buffer {
  const name = Buffer.concat([Buffer.from([productName.length]), Buffer.from(productName, "latin1")]);
  const vendor = Buffer.from([vendorId & 0xff, vendorId >> 8]);
  const item = Buffer.concat([
    hex("0100 0002af12 c0000207 0000000000000000"),
    vendor,
    hex("0c00 3a00 0403 3000 8e4d5200"),
    name,
    hex("03"),
  ]);
  const head = hex("6300 0000 00000000 00000000 00000000c1debed1 00000000 0100 0c00 0000");
  head.writeUInt16LE(6 + item.length, 2);
  head.writeUInt16LE(item.length, 28);
  return Buffer.concat([head, item]);
}

/** A 1756-ENET, which knows no ListIdentity. */
export const ENIP_REFUSAL = hex("6300 0000 00000000 01000000 00000000c1debed1 00000000");

/** A CP1L of ITI/ICS-Security-Tools omron_test.pcap (Omron W342, CPU UNIT DATA READ). */
export const FINS = Buffer.concat([
  hex("c00002 006300 00c800 ef 0501 0000"),
  field("CP1L-EL20DR-D", 20),
  field("01.00\0\0\0\0\0" + "01.06", 20),
  Buffer.alloc(40 + 12),
]);

export const FINS_NODE = hex("46494e53 00000010 00000001 00000000 000000fb 000000c8");

export function finsTcp(frame: Buffer): Buffer {
  const head = hex("46494e53 00000000 00000002 00000000");
  head.writeUInt32BE(8 + frame.length, 4);
  return Buffer.concat([head, frame]);
}

/** ReadProperty of a controller that writes UCS-2, as the MS-NAE4510-2 of ITI/ICS-Security-Tools bacnet_test.pcap. */
export function bacnetText(property: number, text: string): Buffer {
  const characters = Buffer.from(text, "utf16le").swap16();
  const length = characters.length + 1;
  const tag = length < 5 ? [0x70 | length] : [0x75, length];
  return bacnetValue(property, Buffer.concat([Buffer.from([...tag, 0x04]), characters]));
}

/** @param value with its tag */
export function bacnetValue(property: number, value: Buffer): Buffer {
  const head = hex("810a 0000 0100 30010c 0c023fffff 1900 3e");
  head.writeUInt8(property, head.length - 2);
  const frame = Buffer.concat([head, value, hex("3f")]);
  frame.writeUInt16BE(frame.length, 2);
  return frame;
}

/** A JACE, as ITI/ICS-Security-Tools fox_info.pcap has it. */
export const FOX = Buffer.from(
  [
    "fox a 0 -1 fox hello",
    "{",
    "fox.version=s:1.0",
    "id=i:2",
    "app.name=s:Station",
    "app.version=s:3.5.41.1",
    "vm.name=s:J9",
    "os.name=s:QNX",
    "os.version=s:6.3.2",
    "station.name=s:Head\u001b[2J",
    "hostId=s:Qnx-NPM6-0000-0000-0000",
    "brandId=s:vykon",
    "sysInfo=o:bog 0[]",
    "};;\n",
  ].join("\n"),
  "latin1",
);

function pcworxAnswer(service: number, length: number): Buffer {
  const answer = Buffer.alloc(length);
  answer.writeUInt8(0x81, 0);
  answer.writeUInt8(service, 1);
  answer.writeUInt16BE(length, 2);
  answer.writeUInt8(0x4c, 17);
  return answer;
}

/** An ILC 151 ETH: texts where nmap's pcworx-info.nse finds them. */
function pcworxIdentity(): Buffer {
  const answer = pcworxAnswer(6, 176);
  answer.write("ILC 151 ETH", 30);
  answer.write("4.41", 66);
  answer.write("09/28/15", 79);
  answer.write("14:35:01", 91);
  answer.write("2700974", 152);
  return answer;
}

export const PCWORX = {
  hello: pcworxAnswer(1, 20),
  session: pcworxAnswer(5, 18),
  identity: pcworxIdentity(),
} as const;

function adsBlock(kind: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(kind, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}

/** TwinCAT 3.1 on Windows 10 (apache/plc4x ads-discovery.mspec; OSVERSIONINFO of 276 bytes). */
export const ADS = Buffer.concat([
  hex("03661471 00000000 01000080 052312700101 1027 04000000"),
  adsBlock(5, field("CX-123456", 10)),
  adsBlock(4, Buffer.concat([hex("14010000 0a000000 00000000 654a0000 02000000"), Buffer.alloc(256)])),
  adsBlock(3, hex("0301b80f")),
  adsBlock(18, field("ab".repeat(32), 65)),
]);

/** A WirelessHART gateway, as ITI/ICS-Security-Tools hart_ip.pcap has it (HCF SPEC-127, command 0). */
export const HART = {
  open: hex("01 01 00 00 0001 000d 01 0000ea60"),
  identity: hex(
    "01 01 03 00 0002 0025 06 00 00 18 00d0 fe264e05 0704010e0c 0000d2 05020002d0 0026 0026 84 de",
  ),
  close: hex("01 01 01 00 0003 0008"),
} as const;

/** digitalbond/Redpoint proconos-info.nse. */
export const PROCONOS = Buffer.concat([
  hex("cc00"),
  Buffer.alloc(10),
  field("ProConOS V3.0.1040 Oct 29 2002", 32),
  field("ADAM5510KW 1.24 Build 005", 33),
  Buffer.from("510-projec\0"),
]);

/** digitalbond/Redpoint codesys-v2-discover.nse. */
export const CODESYS = Buffer.concat([
  hex("bbbb"),
  Buffer.alloc(62),
  field("Nucleus PLUS", 32),
  field("Nucleus PLUS version unknown", 32),
  Buffer.from("WAGO 750-841 PFC ETHERNET\0"),
]);

/** A Quantum, as ITI/ICS-Security-Tools modicon_test.pcap has it; unit and PDU. */
export const UMAS = Buffer.concat([
  hex("00 5a00fe"),
  Buffer.alloc(22),
  Buffer.from([14]),
  Buffer.from("140 CPU 311 10"),
  hex("010101"),
]);
