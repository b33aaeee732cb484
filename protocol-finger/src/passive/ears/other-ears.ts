import { noteEnip } from "../../probes/enip.ts";
import { noteFins } from "../../probes/fins.ts";
import { noteFox } from "../../probes/fox.ts";
import { noteHart } from "../../probes/hart-ip.ts";
import { createNoter } from "../../probes/note.ts";
import { decodeReadProperty, PROPERTY } from "../../wire/bacnet.ts";
import { decodeListIdentity, enipLength } from "../../wire/enip.ts";
import { decodeTcpUnitData, decodeUnitData, finsTcpLength } from "../../wire/fins.ts";
import { decodeFoxHello, foxLength } from "../../wire/fox.ts";
import { decodeHartIdentity, hartLength } from "../../wire/hart-ip.ts";
import { iec104Length } from "../../wire/iec104.ts";
import { WireError } from "../../wire/wire-error.ts";
import { answerEar } from "./answer-ear.ts";
import type { Ear } from "./ear.ts";

const PROPERTY_NAMES = new Map<number, string>(Object.entries(PROPERTY).map(([name, id]) => [id, name]));

/** Protocols in which one answer is enough to know the device. */
export const OTHER_EARS: readonly Ear[] = [
  answerEar(
    { protocol: "enip", transport: "tcp", ports: [44818], frameLength: enipLength },
    decodeListIdentity,
    noteEnip,
  ),
  answerEar({ protocol: "enip", transport: "udp", ports: [44818] }, decodeListIdentity, noteEnip),
  answerEar(
    { protocol: "fins", transport: "tcp", ports: [9600], frameLength: finsTcpLength },
    decodeTcpUnitData,
    noteFins,
  ),
  answerEar({ protocol: "fins", transport: "udp", ports: [9600] }, decodeUnitData, noteFins),
  answerEar(
    { protocol: "fox", transport: "tcp", ports: [1911], frameLength: foxLength },
    decodeFoxHello,
    noteFox,
  ),
  answerEar(
    { protocol: "bacnet", transport: "udp", ports: [47808] },
    decodeReadProperty,
    (visit, reply, frame) => {
      const name = reply.kind === "value" ? PROPERTY_NAMES.get(reply.property) : undefined;
      if (reply.kind !== "value" || name === undefined) return;
      createNoter(visit, "bacnet", frame)(name, reply.value, `${name} "${reply.value}"`);
    },
  ),
  answerEar(
    { protocol: "hart-ip", transport: "tcp", ports: [5094], frameLength: hartLength },
    decodeHartIdentity,
    noteHart,
  ),
  answerEar({ protocol: "hart-ip", transport: "udp", ports: [5094] }, decodeHartIdentity, noteHart),
  answerEar(
    { protocol: "iec104", transport: "tcp", ports: [2404], frameLength: iec104Length },
    checkIec104,
    () => undefined,
  ),
];

// IEC 60870-5-104, 5.1: numbered frames with data have bit 0 clear, acknowledgements are 01; then STARTDT, STOPDT and
// TESTFR, each as a question and as its confirmation.
const IEC104_CONTROLS: readonly number[] = [0x01, 0x07, 0x0b, 0x13, 0x23, 0x43, 0x83];

/** @throws WireError where the control field is none of the standard */
function checkIec104(frame: Buffer): true {
  const control = frame.readUInt8(2);
  if ((control & 1) === 0 || IEC104_CONTROLS.includes(control)) return true;
  throw new WireError(2, `control field 0x${control.toString(16)}`);
}
