import type { Socket } from "node:net";
import type { Received } from "./received.ts";
import { type Door, type DoorRules, openDoor } from "./tcp-door.ts";

const HEADER_BYTES = 7;
/** Unit, function code and 252 bytes: Modbus Messaging on TCP/IP V1.0b, 3.1.3 and 4.1. */
const MOST_LENGTH = 254;

/** A Modbus/TCP port. Bytes that cannot be a request end the connection, as most stacks do.
 *  @param serve is given each connection, and returns what takes its requests: whole frames, header and all */
export function openModbusPort(
  rules: DoorRules,
  received: Received,
  serve: (socket: Socket) => (frame: Buffer) => void,
): Promise<Door> {
  return openDoor(rules, (socket) => {
    const take = serve(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let length = frameLength(rest); length !== undefined; length = frameLength(rest)) {
        if (length === "broken") {
          received.note("modbus", rest);
          rest = Buffer.alloc(0);
          socket.destroySoon();
          return;
        }
        const frame = rest.subarray(0, length);
        rest = rest.subarray(length);
        received.note("modbus", frame);
        take(frame);
      }
    });
  });
}

/** Bytes of the first frame, once it is all there. */
function frameLength(bytes: Buffer): number | "broken" | undefined {
  if (bytes.length >= 4 && bytes.readUInt16BE(2) !== 0) return "broken";
  if (bytes.length < 6) return undefined;
  const length = bytes.readUInt16BE(4);
  if (length < 2 || length > MOST_LENGTH) return "broken";
  return bytes.length >= 6 + length ? 6 + length : undefined;
}

/** A request, taken apart. */
export const unitOf = (frame: Buffer): number => frame.readUInt8(6);
export const pduOf = (frame: Buffer): Buffer => frame.subarray(HEADER_BYTES);

/** The answer to a request: its transaction id and unit, another PDU. */
export function reply(request: Buffer, pdu: Buffer): Buffer {
  const header = Buffer.from(request.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(pdu.length + 1, 4);
  return Buffer.concat([header, pdu]);
}
