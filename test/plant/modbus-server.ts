import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { ServerTCP } from "modbus-serial";

/** A Modbus/TCP device with all four tables full size: write into them while it serves. */
export interface ModbusServer {
  readonly port: number;
  readonly holding: Uint16Array;
  readonly input: Uint16Array;
  /** 0 or 1 each. */
  readonly coils: Uint8Array;
  readonly discrete: Uint8Array;
  /** Writes of clients so far. */
  readonly writes: number;
  close(): Promise<void>;
}

export interface ModbusServerOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Other units get no answer at all; 255, the default, answers as whichever unit is asked. */
  readonly unit?: number;
  /** Addresses of each table; what lies beyond is refused. 65536, all that there are, where absent. */
  readonly tableSize?: number;
}

const TABLE_SIZE = 65_536;
const ANY_UNIT = 255;
/** Exception 02 (Modbus Application Protocol V1.1b3, section 7). */
const ILLEGAL_ADDRESS = 2;

/** The server is modbus-serial's: it thinks about each request for a millisecond. */
export async function startModbusServer(options: ModbusServerOptions = {}): Promise<ModbusServer> {
  const size = options.tableSize ?? TABLE_SIZE;
  const banks = {
    holding: new Uint16Array(size),
    input: new Uint16Array(size),
    coils: new Uint8Array(size),
    discrete: new Uint8Array(size),
  };
  let writes = 0;
  const write = (bank: Uint16Array | Uint8Array) => (at: number, value: boolean | number) => {
    writes += 1;
    bank[at] = Number(value);
  };
  const server = new ServerTCP(
    {
      getMultipleHoldingRegisters: (start: number, count: number) => registers(banks.holding, start, count),
      getMultipleInputRegisters: (start: number, count: number) => registers(banks.input, start, count),
      getHoldingRegister: (at: number) => banks.holding[at] ?? refuse(),
      getInputRegister: (at: number) => banks.input[at] ?? refuse(),
      getCoil: (at: number) => (banks.coils[at] ?? refuse()) !== 0,
      getDiscreteInput: (at: number) => (banks.discrete[at] ?? refuse()) !== 0,
      setRegister: write(banks.holding),
      setCoil: write(banks.coils),
    },
    {
      host: "127.0.0.1",
      // A number 0 would be taken for "none given" and become 502; the text "0" is a port of Node's own.
      port: (options.port ?? "0") as number,
      unitID: options.unit ?? ANY_UNIT,
    },
  );
  await listening(server);
  const tcp = tcpServerOf(server);
  // Devices answer at once; Nagle's algorithm would hold the second of two answers until the first is acknowledged.
  tcp.on("connection", (socket) => socket.setNoDelay());
  return {
    port: (tcp.address() as AddressInfo).port,
    ...banks,
    get writes() {
      return writes;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function listening(server: ServerTCP): Promise<void> {
  const failed = once(server, "serverError").then(([error]) => Promise.reject(error));
  await Promise.race([once(server, "initialized"), failed]);
}

/** The package does not tell its port otherwise. */
const tcpServerOf = (server: ServerTCP): Server =>
  (server as unknown as { readonly _server: Server })._server;

function registers(bank: Uint16Array, start: number, count: number): number[] {
  if (start + count > bank.length) refuse();
  return Array.from(bank.subarray(start, start + count));
}

function refuse(): never {
  throw Object.assign(new Error("no such address"), { modbusErrorCode: ILLEGAL_ADDRESS });
}

/** Write 32-bit floats from register `at` on, the high word first (ABCD). */
export function putFloat32(bank: Uint16Array, at: number, values: ArrayLike<number>): void {
  const scratch = new DataView(new ArrayBuffer(4));
  for (let i = 0; i < values.length; i += 1) {
    scratch.setFloat32(0, values[i] ?? 0);
    bank[at + i * 2] = scratch.getUint16(0);
    bank[at + i * 2 + 1] = scratch.getUint16(2);
  }
}
