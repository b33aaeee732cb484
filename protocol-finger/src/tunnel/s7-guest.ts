import { createPduJoiner } from "../wire/cotp.ts";
import { decodeS7Header } from "../wire/s7-header.ts";
import { decodeConnectRequest, encodeConnectConfirm, encodeDataPackets } from "../wire/serve-cotp.ts";
import { decodeS7Request, type S7Item, type S7Request } from "../wire/serve-s7.ts";
import {
  encodeErrorReply,
  encodeReadReply,
  encodeSetupReply,
  encodeSzlReply,
  encodeUserdataError,
  encodeWriteReply,
  ITEM,
  readReplyBytes,
  S7_ERROR,
} from "../wire/serve-s7-reply.ts";
import { createPacketCutter } from "../wire/tpkt.ts";
import { WireError } from "../wire/wire-error.ts";
import type { TunnelEvent } from "./events.ts";
import { QueueFullError } from "./job-queue.ts";
import type { Guest } from "./listener.ts";
import type { S7Backend } from "./s7-backend.ts";
import { listOf, type TunnelledPlc } from "./s7-identity.ts";

export interface S7GuestOptions {
  readonly plc: TunnelledPlc;
  readonly maxClients: number;
}

interface S7GuestDeps {
  readonly backend: S7Backend;
  readonly onEvent: (event: TunnelEvent) => void;
  /** A whole request has come. */
  readonly onRequest: () => void;
}

/** As an S7-300 grants it, to any partner. */
export const PDU_BYTES = 240;
/** Before a PDU: TPKT and COTP data header. */
const TRANSPORT_BYTES = 7;
const AMQ = 1;
const WRITE_EVENTS: ReadonlyMap<number, "write-refused" | "written"> = new Map([
  [ITEM.ok, "written"],
  [ITEM.accessDenied, "write-refused"],
]);

/** Talk with one S7 client until it leaves: ISO connection, greeting, then one request after the other.
 *  @throws WireError where it speaks something else; DisconnectError when it says goodbye; what sending throws */
export async function serveS7Guest(guest: Guest, options: S7GuestOptions, deps: S7GuestDeps): Promise<void> {
  const packets = createPacketCutter(PDU_BYTES + TRANSPORT_BYTES);
  const joiner = createPduJoiner(PDU_BYTES);
  let tpduSize: number | undefined;
  let pduSize = PDU_BYTES;

  async function take(packet: Buffer): Promise<void> {
    if (tpduSize === undefined) {
      const request = decodeConnectRequest(packet);
      tpduSize = request.tpduSize;
      await guest.send(encodeConnectConfirm(request, guest.id & 0xffff));
      return;
    }
    const pdus: Buffer[] = [];
    joiner.push(packet, (pdu) => pdus.push(Buffer.from(pdu)));
    for (const pdu of pdus) {
      // What has no header of S7 is none of it: the guest goes.
      const { number } = decodeS7Header(pdu);
      const request = requestOf(pdu);
      guest.asked();
      deps.onRequest();
      const reply =
        request === undefined ? encodeErrorReply(number, S7_ERROR.wrongFrame) : await answer(request);
      await guest.send(encodeDataPackets(reply, tpduSize));
    }
  }

  async function answer(request: S7Request): Promise<Buffer> {
    try {
      const reply = await answerOf(request);
      const isTooLong = reply.length > pduSize && request.kind !== "setup";
      return isTooLong ? encodeErrorReply(request.number, S7_ERROR.wrongFrame) : reply;
    } catch (thrown) {
      if (thrown instanceof QueueFullError) return encodeErrorReply(request.number, S7_ERROR.tooFewResources);
      throw thrown;
    }
  }

  async function answerOf(request: S7Request): Promise<Buffer> {
    const { number } = request;
    switch (request.kind) {
      case "setup":
        pduSize = Math.min(request.pduSize, PDU_BYTES);
        return encodeSetupReply(number, { amqCalling: AMQ, amqCalled: AMQ, pduSize });
      case "read":
        return await answerRead(number, request.items);
      case "write":
        return await answerWrite(request);
      case "szl": {
        const list = listOf(request.id, request.index, { ...options, pduSize });
        const refused = { ...request, group: 0x44, subfunction: 1 };
        return list === undefined
          ? encodeUserdataError(refused, S7_ERROR.listNotAvailable)
          : encodeSzlReply(request, list);
      }
      case "userdata":
        return encodeUserdataError(request, S7_ERROR.notImplemented);
      case "job":
        return encodeErrorReply(number, S7_ERROR.notImplemented);
    }
  }

  async function answerRead(number: number, items: readonly S7Item[]): Promise<Buffer> {
    const lengths = items.map((item) => (item.kind === "range" ? item.byteLength : 0));
    // Nothing is asked of the PLC that could not be passed on.
    if (items.length === 0 || readReplyBytes(lengths) > pduSize) {
      return encodeErrorReply(number, S7_ERROR.wrongFrame);
    }
    return encodeReadReply(number, await deps.backend.read(items));
  }

  async function answerWrite({ number, items }: Extract<S7Request, { kind: "write" }>): Promise<Buffer> {
    const outcomes = await deps.backend.write(items);
    for (const { code, what } of outcomes) {
      deps.onEvent({ kind: WRITE_EVENTS.get(code) ?? "write-failed", guest: guest.id, what });
    }
    return encodeWriteReply(
      number,
      outcomes.map(({ code }) => code),
    );
  }

  for await (const chunk of guest.chunks) {
    const whole: Buffer[] = [];
    packets.push(chunk, (packet) => whole.push(Buffer.from(packet)));
    for (const packet of whole) await take(packet);
  }
}

/** Undefined where its structure is at fault: an error is the answer, and the connection is good. */
function requestOf(pdu: Buffer): S7Request | undefined {
  try {
    return decodeS7Request(pdu);
  } catch (thrown) {
    if (thrown instanceof WireError) return undefined;
    throw thrown;
  }
}
