import type { Talk, TcpTalk } from "./other-talker.ts";

/** What an Omron controller says of itself. */
export interface FinsTraits {
  readonly model: string;
  /** "01.00". */
  readonly version: string;
  /** Of the unit's own software: "01.06". */
  readonly unitVersion: string;
  /** FINS node, from its network address. */
  readonly node: number;
}

/** FINS header (Omron W342, 2-2): ICF, RSV, gateway count, three bytes each of destination and source, SID; command. */
const HEADER_BYTES = 10;
const CONTROLLER_DATA_READ = 0x0501;
const UNDEFINED_COMMAND = 0x0401;
/** FINS/TCP (Omron W421, 7-4): "FINS", length, command, error. */
const TCP_HEADER_BYTES = 16;
const NODE_REQUEST = 0;
const NODE_ANSWER = 1;
const FRAME = 2;
/** Given to clients that name no node. */
const CLIENT_NODE = 0xfb;

/** @param version in place of the one in the traits */
export function finsTalk(traits: FinsTraits, version: () => string | undefined): Talk {
  const answer = (frame: Buffer) => answerFins({ ...traits, version: version() ?? traits.version }, frame);
  return { protocol: "fins", udp: answer, tcp: tcpTalk(traits, answer) };
}

function answerFins(traits: FinsTraits, frame: Buffer): Buffer | undefined {
  if (frame.length < HEADER_BYTES + 2 || frame.readUInt8(0) !== 0x80) return undefined;
  const isIdentity = frame.readUInt16BE(HEADER_BYTES) === CONTROLLER_DATA_READ;
  const header = Buffer.from(frame.subarray(0, HEADER_BYTES + 4));
  const end = Buffer.alloc(2);
  // Answer, and the way back: destination and source change places.
  header.writeUInt8(0xc0, 0);
  header.set(frame.subarray(6, 9), 3);
  header.set([0, traits.node, 0], 6);
  if (!isIdentity) end.writeUInt16BE(UNDEFINED_COMMAND);
  return Buffer.concat([
    header.subarray(0, HEADER_BYTES + 2),
    end,
    ...(isIdentity ? [controllerData(traits)] : []),
  ]);
}

/** Model (20), version (20), for system use (40), area data (12), as a CP1L answers
 *  (ITI/ICS-Security-Tools, omron_test.pcap). */
function controllerData({ model, version, unitVersion }: FinsTraits): Buffer {
  const data = Buffer.alloc(92);
  data.write(model, 0, "latin1");
  data.fill(" ", 16, 20);
  data.write(version, 20, "latin1");
  data.write(unitVersion, 30, "latin1");
  // 10 K words of program, 23 KB of I/O memory, 10 768 words of DM, timers and counters, no memory card.
  data.set([0x00, 0x0a, 0x17, 0x2a, 0x10, 0x08], 80);
  return data;
}

function tcpTalk({ node }: FinsTraits, answer: (frame: Buffer) => Buffer | undefined): TcpTalk {
  return {
    length(bytes) {
      if (bytes.length >= 4 && bytes.toString("latin1", 0, 4) !== "FINS") return "broken";
      return bytes.length < 8 ? undefined : 8 + bytes.readUInt32BE(4);
    },
    answer(question) {
      if (question.length < TCP_HEADER_BYTES) return undefined;
      const command = question.readUInt32BE(8);
      if (command === NODE_REQUEST) return tcpFrame(NODE_ANSWER, nodes(CLIENT_NODE, node));
      const reply = command === FRAME ? answer(question.subarray(TCP_HEADER_BYTES)) : undefined;
      return reply && tcpFrame(FRAME, reply);
    },
  };
}

function tcpFrame(command: number, data: Buffer): Buffer {
  const header = Buffer.alloc(TCP_HEADER_BYTES);
  header.write("FINS", "latin1");
  header.writeUInt32BE(8 + data.length, 4);
  header.writeUInt32BE(command, 8);
  return Buffer.concat([header, data]);
}

function nodes(client: number, server: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(client, 0);
  bytes.writeUInt32BE(server, 4);
  return bytes;
}
