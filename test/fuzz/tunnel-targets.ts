import { tunnelAreas } from "../../protocol-finger/src/tunnel/areas.ts";
import type { Guest } from "../../protocol-finger/src/tunnel/listener.ts";
import { createModbusBackend, type S7Session } from "../../protocol-finger/src/tunnel/modbus-backend.ts";
import { serveModbusGuest } from "../../protocol-finger/src/tunnel/modbus-guest.ts";
import { createS7Backend, type ModbusSession } from "../../protocol-finger/src/tunnel/s7-backend.ts";
import { serveS7Guest } from "../../protocol-finger/src/tunnel/s7-guest.ts";
import { dataBlocks } from "../../protocol-finger/src/tunnel/testing/blocks.ts";
import { createMemoryClient } from "../../protocol-finger/src/tunnel/testing/memory-client.ts";
import type { GuestWatch } from "../../protocol-finger/src/tunnel/tunnel.ts";
import type { Upstream } from "../../protocol-finger/src/tunnel/upstream.ts";
import { encodeConnectRequest } from "../../protocol-finger/src/wire/cotp-connect.ts";
import { createAduCutter, encodeAdu } from "../../protocol-finger/src/wire/mbap.ts";
import { encodeModbusRequest } from "../../protocol-finger/src/wire/modbus-pdu.ts";
import { buildReadJob, type ReadItem } from "../../protocol-finger/src/wire/s7-read.ts";
import { encodeSetupRequest } from "../../protocol-finger/src/wire/s7-setup.ts";
import { encodeSzlRequest } from "../../protocol-finger/src/wire/s7-szl.ts";
import { encodeWriteRequest } from "../../protocol-finger/src/wire/s7-write.ts";
import { createPacketCutter } from "../../protocol-finger/src/wire/tpkt.ts";
import type { FuzzTarget } from "./target.ts";

const watch: GuestWatch = { onEvent() {}, onRequest() {} };
const limits = { maxQueue: 4 };

/** Both sides of the tunnel, each with one guest that sends the bytes of the input. The first byte says how long the
 *  chunks are that they come in. Nothing but reads of the areas may arrive behind. */
export function tunnelTargets(): readonly FuzzTarget[] {
  const areas = tunnelAreas.parse([
    { kind: "holding", db: 1, startRegister: 0, endRegister: 499 },
    { kind: "coil", db: 2, startRegister: 0, endRegister: 799 },
  ]);
  const blocks = dataBlocks();

  async function runS7(bytes: Buffer): Promise<void> {
    const memory = createMemoryClient(areas, blocks, ({ table, start, count }) => {
      const end = table === "coil" ? 800 : 500;
      if (start + count > end) throw new RangeError(`a read of ${table} ${start}+${count} got through`);
      return 0;
    });
    const client: ModbusSession = {
      ...memory,
      limits: memory.limits,
      writeRegisters: forbidden,
      writeBits: forbidden,
      async close() {},
    };
    const backend = createS7Backend({ areas, writables: [], maxGap: 8, ...limits }, always(client));
    const guest = guestThatSends(bytes, (answer) => createPacketCutter(1024).push(answer, () => undefined));
    await serveS7Guest(guest, { plc: {}, maxClients: 4 }, { backend, ...watch });
  }

  async function runModbus(bytes: Buffer): Promise<void> {
    const session: S7Session = {
      async read(ranges) {
        return ranges.map(({ area, db, start, length }) => {
          const block = blocks.get(db);
          const isInside = area === "DB" && block !== undefined && start + length <= (db === 1 ? 1000 : 100);
          if (!isInside) throw new RangeError(`a read of ${area} ${db}, ${start}+${length} got through`);
          return { bytes: block.subarray(start, start + length) };
        });
      },
      write: forbidden,
      async close() {},
    };
    const backend = createModbusBackend(
      { areas, writables: [], maxReadBytes: 222, ...limits },
      always(session),
    );
    const guest = guestThatSends(bytes, (answer) => createAduCutter().push(answer, () => undefined));
    await serveModbusGuest(guest, backend, watch);
  }

  return [
    { name: "tunnel: S7 guest", seeds: s7Seeds(), run: runS7 },
    { name: "tunnel: Modbus guest", seeds: modbusSeeds(), run: runModbus },
  ];
}

const forbidden = (): Promise<never> => Promise.reject(new Error("a write got through"));

const always = <Session>(session: Session): Upstream<Session> => ({
  use: (work) => work(session),
  run: async () => undefined,
  isUp: true,
  connections: 1,
});

/** @param check throws where an answer is none of the protocol */
function guestThatSends(bytes: Buffer, check: (answer: Buffer) => void): Guest {
  async function* chunks(): AsyncGenerator<Buffer> {
    const size = 1 + (bytes[0] ?? 0);
    for (let at = 1; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  return {
    id: 1,
    chunks: chunks(),
    async send(answer) {
      check(answer);
    },
    asked() {},
  };
}

function s7Seeds(): Buffer[] {
  const connect = encodeConnectRequest({ localTsap: 0x100, remoteTsap: 0x302, reference: 1, tpduSize: 1024 });
  const narrow = encodeConnectRequest({ localTsap: 0x100, remoteTsap: 0x302, reference: 1, tpduSize: 128 });
  const setup = encodeSetupRequest({ amqCalling: 1, amqCalled: 1, pduSize: 480 });
  const item = (db: number, start: number, length: number): ReadItem => ({
    area: "DB",
    db,
    start,
    length,
    image: 0,
  });
  const read = buildReadJob([item(1, 0, 4), item(1, 7, 3), item(2, 1, 2), item(9, 0, 2)]).bytes;
  const large = buildReadJob([item(1, 0, 222)]).bytes;
  const memory = buildReadJob([{ area: "M", db: 0, start: 0, length: 2, image: 0 }]).bytes;
  const write = encodeWriteRequest(3, { db: 1, start: 4 }, Buffer.of(1, 2, 3, 4));
  const lists = [0x11, 0x131, 0x424, 0x1c].map((id) => encodeSzlRequest(4, id, id === 0x131 ? 1 : 0));
  return [
    [connect, setup, read, large],
    [narrow, setup, large],
    [connect, setup, write, memory],
    [connect, setup, ...lists],
  ].map((packets) => Buffer.concat([Buffer.of(40), ...packets]));
}

function modbusSeeds(): Buffer[] {
  const reads = (["holding", "coil", "input"] as const).map((table) =>
    encodeModbusRequest({ kind: "read", table, start: 3, count: 20 }),
  );
  const bytes = Buffer.of(1, 2);
  const writes = [true, false].map((isSingle) =>
    encodeModbusRequest({ kind: "write", table: "holding", start: 3, count: 1, isSingle, bytes }),
  );
  const pdus = [...reads, ...writes, Buffer.of(0x2b, 0x0e, 1, 0)];
  const adus = pdus.map((pdu, transaction) => encodeAdu({ transaction, unit: 1, pdu }));
  return [Buffer.concat([Buffer.of(7), ...adus]), ...adus.map((adu) => Buffer.concat([Buffer.of(200), adu]))];
}
