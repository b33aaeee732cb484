import { hex } from "../../testing/malformed.ts";
import type { Reaction } from "./scripted-visit.ts";

/** What a scripted controller does; a CPU 315-2 PN/DP in what is not told. */
export interface S7Traits {
  /** By remote TSAP. */
  readonly confirm?: (tsap: number, request: Buffer) => Reaction;
  readonly setup?: Reaction;
  readonly pduSize?: number;
  /** Whole lists by id ("0011"); an error code for a refusal. */
  readonly lists?: Readonly<Record<string, Buffer | number | "closed" | undefined>>;
  /** The answer to the trial read, from its parameters on; or class and code of an error. */
  readonly read?: string | number;
}

/** ITI/ICS-Security-Tools, snap7_s300_everything.pcapng. */
export const CC_OF_A_CPU = hex("03000016 11 d0 0014 0003 00 c0010a c1020100 c2020302");

const IDENTITY_315 = hex(`0011 0000 001c 0004
  0001 364553372033 31352d32454831342d304142302000c000030001
  0006 364553372033 31352d32454831342d304142302000c000030001
  0007 2020202020202020202020202020202020202020 00c0 56030207
  0081 426f6f74204c6f616465722020202020202020 20 0000 41200909`);

/** The identity of another module. */
export function identityOf(orderNumber: string, version = "56030207"): Buffer {
  const name = Buffer.from(orderNumber.padEnd(20), "latin1").toString("hex");
  const old = Buffer.from("6ES7 315-2EH14-0AB0 ", "latin1").toString("hex");
  return hex(IDENTITY_315.toString("hex").replaceAll(old, name).replace("56030207", version));
}

/** A list 0x001c with these names by index. */
export function namesOf(names: Readonly<Record<number, string>>): Buffer {
  const records = Object.entries(names).map(([index, text]) =>
    Buffer.concat([Buffer.of(0, Number(index)), Buffer.from(text.padEnd(32, "\0"), "latin1")]),
  );
  return Buffer.concat([hex("001c 0000 0022"), Buffer.of(0, records.length), ...records]);
}

const NAMES_315 = namesOf({
  1: "S7300/ET200M station_1",
  2: "PLC_1",
  3: "",
  4: "Original Siemens Equipment",
  5: "S C-B1U393142011",
  7: "CPU 315-2 PN/DP",
  8: "MMC 4A1AC019",
  9: "",
  10: "",
  11: "",
});

const COMMUNICATION_315 = hex(`0131 0001 0028 0001 000100f0001000b71b000002dc6c05f5e100${"00".repeat(22)}`);
const CONSISTENCY_315 = hex(`0131 0003 0028 0001 0003 00000000 00f0 ${"00".repeat(32)}`);
const PROTECTION_OPEN = hex(`0132 0004 0028 0001 0004000100000001${"00".repeat(32)}`);
const MODE_RUN = hex("0424 0000 0014 0001 5144ff0800000000000000001602081451375692");

const LISTS = {
  "0011": IDENTITY_315,
  "001c": NAMES_315,
  "0131": COMMUNICATION_315,
  "0131.3": CONSISTENCY_315,
  "0132": PROTECTION_OPEN,
  "0424": MODE_RUN,
};

// Headers around a part of a list: of the PDU, of the parameters, of the data.
const SZL_OVERHEAD = 26;

/** Answers the frames of the S7 probe. */
export function scriptedS7(traits: S7Traits = {}): { react(frame: Buffer): Reaction } {
  const { pduSize = 240, read = "0401 ff04000800" } = traits;
  const lists: NonNullable<S7Traits["lists"]> = { ...LISTS, ...traits.lists };
  let rest: Buffer = Buffer.alloc(0);

  function part(frame: Buffer): Buffer {
    const now = rest.subarray(0, pduSize - SZL_OVERHEAD);
    rest = rest.subarray(now.length);
    const isMore = rest.length > 0;
    const head = `00011208 128401 02 ${isMore ? "d501" : "0000"} 0000 ff09`;
    const length = now.length.toString(16).padStart(4, "0");
    return userdata(frame, Buffer.concat([hex(head + length), now]));
  }

  function list(frame: Buffer): Reaction {
    const id = frame.toString("hex", 29, 31);
    const found = id === "0131" && frame[32] === 3 ? lists["0131.3"] : lists[id];
    if (found === undefined || found === "closed") return found;
    if (typeof found === "number") {
      return userdata(frame, hex(`00011208 128401 01 0000 ${found.toString(16).padStart(4, "0")} 0a000000`));
    }
    rest = found;
    return part(frame);
  }

  return {
    react(frame) {
      if (frame[5] === 0xe0) {
        const confirm = traits.confirm ?? (() => CC_OF_A_CPU);
        return confirm(frame.readUInt16BE(17), frame);
      }
      if (frame[8] === 7) return frame[13] === 0 && frame[14] === 8 ? list(frame) : part(frame);
      if (frame[17] === 0xf0) return "setup" in traits ? traits.setup : granted(frame, pduSize);
      return typeof read === "number" ? answer(frame, "", read) : answer(frame, read);
    },
  };
}

const granted = (frame: Buffer, pduSize: number): Buffer =>
  answer(frame, `f000 0001 0001 ${pduSize.toString(16).padStart(4, "0")}`);

/** @param body parameters, two bytes of them in a read, eight in a setup, and data */
function answer(frame: Buffer, body: string, error = 0): Buffer {
  const bytes = hex(body);
  const parameters = bytes[0] === 0xf0 ? bytes.length : Math.min(2, bytes.length);
  const packet = Buffer.concat([hex("03000000 02f080 3203 0000 0000 0000 0000 0000"), bytes]);
  packet.writeUInt16BE(packet.length, 2);
  frame.copy(packet, 11, 11, 13);
  packet.writeUInt16BE(parameters, 13);
  packet.writeUInt16BE(bytes.length - parameters, 15);
  packet.writeUInt16BE(error, 17);
  return packet;
}

const PARAMETER_BYTES = 12;

function userdata(frame: Buffer, body: Buffer): Buffer {
  const packet = Buffer.concat([hex("03000000 02f080 3207 0000 0000 000c 0000"), body]);
  packet.writeUInt16BE(packet.length, 2);
  frame.copy(packet, 11, 11, 13);
  packet.writeUInt16BE(body.length - PARAMETER_BYTES, 15);
  return packet;
}
