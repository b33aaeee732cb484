import {
  decodeNode,
  decodeTcpUnitData,
  decodeUnitData,
  encodeNodeRequest,
  encodeTcpUnitDataRead,
  encodeUnitDataRead,
  type FinsUnitData,
  finsTcpLength,
} from "../wire/fins.ts";
import { ask, type Reply, withLine } from "./exchange.ts";
import { createNoter, wholeDatagram } from "./note.ts";
import type { FrameRule, Probe, ProbeLine, Visit } from "./probe.ts";

const FRAMES: readonly FrameRule[] = [
  {
    protocol: "fins",
    name: "CPU unit data read (UDP)",
    pattern: "800002000000006300ef050100",
    source: "Omron W342, CPU UNIT DATA READ; ITI/ICS-Security-Tools omron_test.pcap, nmap omron-info.nse",
  },
  {
    protocol: "fins",
    name: "node address (TCP)",
    pattern: "46494e530000000c000000000000000000000000",
    source: "Omron W420, FINS/TCP; ITI/ICS-Security-Tools omron_test.pcap",
  },
  {
    protocol: "fins",
    name: "CPU unit data read (TCP)",
    pattern: "46494e5300000015000000020000000080000200??000000ef05050100",
    source: "Omron W342, CPU UNIT DATA READ; ITI/ICS-Security-Tools omron_test.pcap",
  },
];

export const finsProbe: Probe = {
  protocol: "fins",
  transport: "udp",
  defaultPort: 9600,
  frames: FRAMES,
  async run(visit, signal) {
    await withLine(visit, "fins", "udp", signal, (line) => askUdp(visit, line, signal));
    if (visit.fact("fins.speaks") !== undefined || visit.left.frames < 2) return;
    await withLine(visit, "fins", "tcp", signal, (line) => askTcp(visit, line, signal));
  },
};

async function askUdp(visit: Visit, line: ProbeLine, signal: AbortSignal): Promise<void> {
  const question = { frame: encodeUnitDataRead(), length: wholeDatagram, decode: decodeUnitData };
  noteAnswer(visit, await ask(visit, "fins", line, question, signal));
}

async function askTcp(visit: Visit, line: ProbeLine, signal: AbortSignal): Promise<void> {
  const greeting = { frame: encodeNodeRequest(), length: finsTcpLength, decode: decodeNode };
  const node = await ask(visit, "fins", line, greeting, signal);
  if (node === undefined) return;
  const frame = encodeTcpUnitDataRead(node.reply);
  noteAnswer(
    visit,
    await ask(visit, "fins", line, { frame, length: finsTcpLength, decode: decodeTcpUnitData }, signal),
  );
}

function noteAnswer(visit: Visit, answer: Reply<FinsUnitData> | undefined): void {
  if (answer !== undefined) noteFins(visit, answer.reply, answer.bytes);
}

export function noteFins(visit: Visit, reply: FinsUnitData, bytes: Buffer): void {
  const note = createNoter(visit, "fins", bytes);
  if (reply.kind === "refusal") {
    const code = reply.endCode.toString(16).padStart(4, "0");
    note("endCode", code, `unit data refused with end code ${code}`);
    return;
  }
  note("model", reply.model, `controller "${reply.model}"`);
  note("version", reply.version, `version "${reply.version}"`);
}
