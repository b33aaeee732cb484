import { noteIdentity } from "../../probes/modbus-notes.ts";
import { createNoter, decoded } from "../../probes/note.ts";
import type { Visit } from "../../probes/probe.ts";
import { aduLength, decodeAdu, MOST_PDU_BYTES } from "../../wire/mbap.ts";
import { decodeIdentity, decodeServerId } from "../../wire/modbus-identity.ts";
import { decodeUmasId, encodeReadUmasId } from "../../wire/umas.ts";
import type { Ear } from "./ear.ts";

// Modbus Application Protocol V1.1b3, section 6.
const REPORT_SERVER_ID = 17;
const ENCAPSULATED = 43;

/** Schneider's function 90 is a protocol of its own: only the answer to "who is there" tells the processor. */
const READ_UMAS_ID = decodeAdu(encodeReadUmasId(0)).pdu;

export const modbusEar: Ear = {
  protocol: "modbus",
  transport: "tcp",
  ports: [502],
  frameLength: (bytes) => (isLong(bytes) ? LENGTH_END + bytes.readUInt16BE(LENGTH_AT) : aduLength(bytes)),
  open(visit) {
    let umasTransaction: number | undefined;
    return {
      toServer(frame) {
        if (isLong(frame)) return;
        const { pdu, transaction } = decodeAdu(frame);
        if (pdu.equals(READ_UMAS_ID)) umasTransaction = transaction;
      },
      toClient(frame) {
        if (isLong(frame)) return;
        const { transaction, unit } = decodeAdu(frame);
        const note = createNoter(visit, "modbus", frame);
        note("speaks", true, `Modbus/TCP answers on unit ${unit}`);
        note("unit", unit, `unit ${unit} answers`);
        if (transaction === umasTransaction) takeUmas(visit, frame);
        else takeIdentity(visit, frame);
      },
    };
  },
};

const LENGTH_AT = 4;
const LENGTH_END = 6;
const FUNCTION_AT = 7;
const UMAS = 0x5a;
// Larger than what a Modicon agrees upon with its engineering software (1024 bytes).
const MOST_UMAS_BYTES = 2048;

/** Schneider's function breaks the limit of the standard (255 bytes in ITI/ICS-Security-Tools modicon_test.pcap); such
 *  frames are passed over, and what follows them is heard. */
function isLong(bytes: Buffer): boolean {
  if (bytes.length <= FUNCTION_AT || bytes.readUInt8(FUNCTION_AT) !== UMAS) return false;
  const length = bytes.readUInt16BE(LENGTH_AT);
  return bytes.readUInt16BE(2) === 0 && length > MOST_PDU_BYTES + 1 && length <= MOST_UMAS_BYTES;
}

function takeIdentity(visit: Visit, frame: Buffer): void {
  const code = decodeAdu(frame).pdu.readUInt8(0);
  if (code === ENCAPSULATED) {
    const identity = decoded(decodeIdentity, frame);
    if (identity?.kind === "identity") noteIdentity(visit, identity, frame);
  } else if (code === REPORT_SERVER_ID) {
    const server = decoded(decodeServerId, frame);
    if (server?.kind !== "server-id") return;
    createNoter(visit, "modbus", frame)("serverId", server.text, `server id "${server.text}" (FC 17)`);
  }
}

function takeUmas(visit: Visit, frame: Buffer): void {
  const umas = decoded(decodeUmasId, frame);
  if (umas?.kind !== "umas") return;
  createNoter(visit, "modbus", frame)("cpu", umas.cpu, `processor "${umas.cpu}" (FC 90)`);
}
