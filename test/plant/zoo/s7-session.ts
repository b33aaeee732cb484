import type { Socket } from "node:net";
import {
  calledTsap,
  connectionConfirm,
  cutTpkt,
  dataTransfer,
  disconnectRequest,
  readConnectionRequest,
} from "./s7-frames.ts";
import { jobAnswer, jobError, readPdu, type S7Pdu } from "./s7-pdu.ts";
import { answerRead, answerWrite, OVER_PDU, refuseFunction } from "./s7-read-job.ts";
import type { ConnectionType, Refusal, S7Device } from "./s7-traits.ts";
import { answerUserData, type UserDataSession } from "./s7-user-data.ts";

/** What a connection shares with the others of its device. */
export interface Cpu {
  /** As the device is now. */
  device(): S7Device;
  nextReference(): number;
  take(type: ConnectionType): (() => void) | undefined;
  /** Runs `done` when the CPU has had time for one more job. */
  work(done: () => void): void;
  received(frame: Buffer): void;
}

interface Session extends UserDataSession {
  readonly cpu: Cpu;
  readonly socket: Socket;
  stage: "new" | "connected" | "ready" | "refused";
  pduSize: number;
  /** Jobs that it may have unanswered. */
  granted: number;
  unanswered: number;
  /** Of a message whose last DT is still to come. */
  message: Buffer;
}

// A client that sends faster than it reads, or never ends a message, is cut off here.
const MOST_UNANSWERED = 64;
const MOST_UNSENT_BYTES = 1 << 20;
const MOST_MESSAGE_BYTES = 8192;

const TYPES: readonly (ConnectionType | undefined)[] = [undefined, "pg", "op", "basic"];

/** Serves one client until either side ends it.
 *  @param number of the connection, from 1 */
export function serveS7(socket: Socket, cpu: Cpu, number: number): void {
  const session: Session = {
    cpu,
    socket,
    stage: "new",
    pduSize: 0,
    granted: 1,
    unanswered: 0,
    message: Buffer.alloc(0),
    sequence: ((number - 1) % 255) + 1,
    dataUnitReference: 0xd4,
    pending: Buffer.alloc(0),
  };
  let bytes: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    for (let cut = cutTpkt(bytes); cut !== "more"; cut = cutTpkt(bytes)) {
      if (cut === "garbage" || !takeFrame(session, cut.frame)) {
        socket.destroy();
        return;
      }
      bytes = cut.rest;
    }
  });
}

const KINDS = { connect: 0xe0, disconnect: 0x80, data: 0xf0 } as const;

/** @returns false where the device hangs up */
function takeFrame(session: Session, frame: Buffer): boolean {
  session.cpu.received(frame);
  if (session.stage === "refused") return true;
  switch (frame[5]) {
    case KINDS.connect:
      return session.stage === "new" && connect(session, frame);
    case KINDS.data:
      return session.stage !== "new" && takeData(session, frame);
    default:
      return false;
  }
}

function connect(session: Session, frame: Buffer): boolean {
  const request = readConnectionRequest(frame);
  if (request === undefined) return false;
  const { cpu } = session;
  const { traits } = cpu.device();
  const tsap = calledTsap(request);
  const type = TYPES[(tsap ?? 0) >> 8];
  const isServed = traits.tsaps.some((served) =>
    "exact" in served
      ? served.exact === tsap
      : type !== undefined && served.types.includes(type) && served.low === ((tsap ?? 0) & 0xff),
  );
  if (!isServed) return refuse(session, traits.otherTsaps, disconnectRequest(request));
  const giveBack = cpu.take(type ?? "basic");
  if (giveBack === undefined) {
    return refuse(session, traits.connections.whenFull, disconnectRequest(request));
  }
  session.socket.once("close", giveBack);
  session.stage = "connected";
  const reference = traits.confirm.reference === "counting" ? cpu.nextReference() : 1;
  cpu.work(() => send(session, connectionConfirm(request, reference, traits.confirm.order)));
  return true;
}

function refuse(session: Session, how: Refusal, message: Buffer): boolean {
  session.stage = "refused";
  const { socket } = session;
  session.cpu.work(() => {
    if (how === "reset") socket.resetAndDestroy();
    else if (how === "fin") socket.end();
    else if (how === "disconnect-request") socket.end(message);
  });
  return true;
}

function takeData(session: Session, frame: Buffer): boolean {
  if (frame[4] !== 2) return false;
  const isLast = ((frame[6] ?? 0) & 0x80) !== 0;
  const message = Buffer.concat([session.message, frame.subarray(7)]);
  if (message.length > MOST_MESSAGE_BYTES) return false;
  session.message = isLast ? Buffer.alloc(0) : message;
  if (!isLast) return true;
  const pdu = readPdu(message);
  return pdu !== undefined && takePdu(session, pdu);
}

const SETUP = 0xf0;
const READ = 0x04;
const WRITE = 0x05;

function takePdu(session: Session, pdu: S7Pdu): boolean {
  const { traits } = session.cpu.device();
  if (pdu.kind === 1 && pdu.parameters[0] === SETUP) return setUp(session, pdu);
  if (session.stage !== "ready" || session.unanswered >= MOST_UNANSWERED) return false;
  if (session.unanswered >= session.granted && traits.surplusJobs !== "wait") {
    if (traits.surplusJobs === "silence") return true;
    reply(session, jobError(pdu.reference, traits.errorRosctr, traits.surplusJobs));
    return true;
  }
  session.unanswered += 1;
  session.cpu.work(() => {
    session.unanswered -= 1;
    const bytes = answer(session, pdu);
    if (bytes === "hang-up") session.socket.destroy();
    else reply(session, bytes);
  });
  return true;
}

function setUp(session: Session, pdu: S7Pdu): boolean {
  const { traits } = session.cpu.device();
  if (pdu.parameters.length !== 8) return false;
  if (traits.setup === "silence") return true;
  const calling = Math.min(pdu.parameters.readUInt16BE(2), traits.amq.calling);
  session.granted = Math.min(pdu.parameters.readUInt16BE(4), traits.amq.called);
  session.pduSize = Math.min(pdu.parameters.readUInt16BE(6), traits.pduSize);
  session.stage = "ready";
  const parameters = Buffer.from([SETUP, 0, 0, 0, 0, 0, 0, 0]);
  parameters.writeUInt16BE(calling, 2);
  parameters.writeUInt16BE(session.granted, 4);
  parameters.writeUInt16BE(session.pduSize, 6);
  session.cpu.work(() => reply(session, jobAnswer(pdu.reference, parameters)));
  return true;
}

const NEEDS_PASSWORD = 0xd241;
const PROTECTED = 0xd0a1;

function answer(session: Session, pdu: S7Pdu): Buffer | "hang-up" {
  const device = session.cpu.device();
  const { errorRosctr, protection } = device.traits;
  if (pdu.length > session.pduSize) return jobError(pdu.reference, errorRosctr, OVER_PDU);
  if (pdu.kind === 7) return answerUserData(device, pdu, session);
  if (pdu.kind !== 1) return "hang-up";
  switch (pdu.parameters[0]) {
    case READ:
      return protection === 3
        ? jobError(pdu.reference, errorRosctr, NEEDS_PASSWORD)
        : answerRead(device, pdu, session.pduSize);
    case WRITE:
      return protection === 1 ? answerWrite(pdu) : jobError(pdu.reference, errorRosctr, PROTECTED);
    default:
      return refuseFunction(pdu);
  }
}

const reply = (session: Session, pdu: Buffer): void => send(session, dataTransfer(pdu));

function send({ socket }: Session, frame: Buffer): void {
  if (socket.writableLength > MOST_UNSENT_BYTES) socket.destroy();
  else if (socket.writable) socket.write(frame);
}
