import {
  decodeHartIdentity,
  decodeHartOpen,
  encodeHartClose,
  encodeHartIdentity,
  encodeHartOpen,
  type HartIdentity,
  hartLength,
} from "../wire/hart-ip.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import type { FrameRule, Probe, ProbeLine, Visit } from "./probe.ts";

const source = "FieldComm Group, HART-IP; ITI/ICS-Security-Tools hart_ip.pcap";

const FRAMES: readonly FrameRule[] = [
  { protocol: "hart-ip", name: "open session", pattern: "010000000001000d0100004e20", source },
  { protocol: "hart-ip", name: "command 0", pattern: "010003000002000d0200000002", source },
  { protocol: "hart-ip", name: "close session", pattern: "0100010000030008", source },
];

export const hartIpProbe: Probe = {
  protocol: "hart-ip",
  // TCP first: over UDP a gateway goes on from another port, which not every path lets through.
  transport: "tcp",
  defaultPort: 5094,
  frames: FRAMES,
  async run(visit, signal) {
    const examined = (line: ProbeLine) => examine(visit, line, signal);
    if (await withLine(visit, "hart-ip", "tcp", signal, examined)) return;
    await withLine(visit, "hart-ip", "udp", signal, examined);
  },
};

async function examine(visit: Visit, line: ProbeLine, signal: AbortSignal): Promise<void> {
  // A session that is opened is closed.
  if (visit.left.frames < FRAMES.length) return;
  const open = { frame: encodeHartOpen(), length: hartLength, decode: decodeHartOpen };
  if ((await ask(visit, "hart-ip", line, open, signal)) === undefined) return;
  await askIdentity(visit, line, signal);
  const close = { frame: encodeHartClose(), length: hartLength, decode: () => true };
  await ask(visit, "hart-ip", line, close, signal);
}

async function askIdentity(visit: Visit, line: ProbeLine, signal: AbortSignal): Promise<void> {
  const question = { frame: encodeHartIdentity(), length: hartLength, decode: decodeHartIdentity };
  const answer = await ask(visit, "hart-ip", line, question, signal);
  if (answer === undefined) return;
  noteHart(visit, answer.reply, answer.bytes);
}

export function noteHart(visit: Visit, reply: HartIdentity, bytes: Buffer): void {
  const note = createNoter(visit, "hart-ip", bytes);
  const type = reply.deviceType.toString(16).padStart(4, "0");
  note("deviceType", type, `expanded device type 0x${type}`);
  note("manufacturerId", reply.manufacturerId, `manufacturer ${reply.manufacturerId} of HCF's list`);
  note("hartRevision", reply.hartRevision, `HART ${reply.hartRevision}`);
  note("deviceRevision", reply.deviceRevision, `device revision ${reply.deviceRevision}`);
  note("softwareRevision", reply.softwareRevision, `software revision ${reply.softwareRevision}`);
  note("hardwareRevision", reply.hardwareRevision, `hardware revision ${reply.hardwareRevision}`);
  note("serial", reply.deviceId, `device id ${reply.deviceId}`);
  note("deviceProfile", reply.deviceProfile, `device profile ${reply.deviceProfile}`);
}
