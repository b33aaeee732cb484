import { EXCEPTION } from "../clients/modbus-exception.ts";
import { type Adu, createAduCutter, encodeAdu } from "../wire/mbap.ts";
import {
  decodeModbusRequest,
  encodeModbusException,
  encodeModbusReply,
  type ModbusRequest,
} from "../wire/modbus-pdu.ts";
import { WireError } from "../wire/wire-error.ts";
import type { Guest } from "./listener.ts";
import type { ModbusBackend } from "./modbus-backend.ts";
import type { GuestWatch } from "./tunnel.ts";

/** Talk with one Modbus/TCP client until it leaves, one request after the other. Any unit is answered, as itself.
 *  @throws WireError where it speaks something else; what sending throws */
export async function serveModbusGuest(
  guest: Guest,
  backend: ModbusBackend,
  watch: GuestWatch,
): Promise<void> {
  const cutter = createAduCutter();

  async function answer(adu: Adu): Promise<Buffer> {
    const functionCode = adu.pdu.readUInt8(0);
    const request = requestOf(adu.pdu);
    if (request === undefined) return encodeModbusException(functionCode, EXCEPTION.value);
    if (request.kind === "other") return encodeModbusException(functionCode, EXCEPTION.function);
    const outcome = request.kind === "read" ? await backend.read(request) : await write(request);
    return "bytes" in outcome
      ? encodeModbusReply(request, outcome.bytes)
      : encodeModbusException(functionCode, outcome.exception);
  }

  async function write(request: Extract<ModbusRequest, { kind: "write" }>) {
    const outcome = await backend.write(request);
    const { what, isAllowed } = outcome;
    const kind = "bytes" in outcome ? "written" : isAllowed ? "write-failed" : "write-refused";
    watch.onEvent({ kind, guest: guest.id, what });
    return outcome;
  }

  for await (const chunk of guest.chunks) {
    const whole: Adu[] = [];
    cutter.push(chunk, (adu) => whole.push({ ...adu, pdu: Buffer.from(adu.pdu) }));
    for (const adu of whole) {
      guest.asked();
      watch.onRequest();
      await guest.send(encodeAdu({ ...adu, pdu: await answer(adu) }));
    }
  }
}

/** Undefined where its structure is at fault: exception 3 by the standard, the connection is good. */
function requestOf(pdu: Buffer): ModbusRequest | undefined {
  try {
    return decodeModbusRequest(pdu);
  } catch (thrown) {
    if (thrown instanceof WireError) return undefined;
    throw thrown;
  }
}
