import { decodeListIdentity, encodeListIdentity, enipLength } from "../wire/enip.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import type { Probe, Visit } from "./probe.ts";

export const enipProbe: Probe = {
  protocol: "enip",
  transport: "tcp",
  defaultPort: 44818,
  frames: [
    {
      protocol: "enip",
      name: "ListIdentity",
      pattern: "63000000000000000000000000000000c1debed100000000",
      source: "CIP volume 2, ListIdentity; what RSLinx browses with, and nmap enip-info.nse byte for byte",
    },
  ],
  async run(visit, signal) {
    await withLine(visit, "enip", "tcp", signal, async (line) => {
      const question = { frame: encodeListIdentity(), length: enipLength, decode: decodeListIdentity };
      const answer = await ask(visit, "enip", line, question, signal);
      if (answer === undefined) return;
      noteEnip(visit, answer.reply, answer.bytes);
    });
  },
};

export function noteEnip(visit: Visit, reply: ReturnType<typeof decodeListIdentity>, bytes: Buffer): void {
  const note = createNoter(visit, "enip", bytes);
  if (reply.kind === "refusal") {
    note("refusal", reply.status, `ListIdentity refused with status ${reply.status}`);
    return;
  }
  note("productName", reply.productName, `product "${reply.productName}"`);
  note("vendorId", reply.vendorId, `vendor ${reply.vendorId} of ODVA's list`);
  note("deviceType", reply.deviceType, `device type ${reply.deviceType}`);
  note("productCode", reply.productCode, `product code ${reply.productCode}`);
  note("revision", reply.revision, `revision ${reply.revision}`);
  const serial = reply.serial.toString(16).padStart(8, "0");
  note("serial", serial, `serial number ${serial}`);
  note("status", reply.status, `status 0x${reply.status.toString(16).padStart(4, "0")}`);
}
