import snap7 from "node-snap7";
import { freePort } from "../free-port.ts";

/** Memory of the simulated controller. */
export interface ServedArea {
  /** Write here; clients see it after `publish`. */
  readonly bytes: Buffer;
  /** Show clients what `bytes` holds now, all of it at one moment. */
  publish(): void;
}

/** A simulated S7 controller on 127.0.0.1: snap7's own server, which answers as a CPU 315-2 PN/DP.
 *  Known faults of its own: it looks for timer and counter n at byte n/2 where a CPU has it at 2n, so only number 0
 *  can be tried; and it answers the first 20 items of a request. */
export interface S7Server {
  readonly port: number;
  readonly memory: ServedArea;
  readonly inputs: ServedArea;
  readonly outputs: ServedArea;
  readonly timers: ServedArea;
  readonly counters: ServedArea;
  addDataBlock(number: number, size: number): ServedArea;
  removeDataBlock(number: number): void;
  /** Connected clients. */
  clients(): number;
  close(): Promise<void>;
}

export interface S7ServerOptions {
  /** A free one where absent. */
  readonly port?: number;
  /** PDU to grant; snap7 grants what the client asks for where absent. */
  readonly pduSize?: number;
  /** RUN where absent. */
  readonly isStopped?: boolean;
}

const HOST = "127.0.0.1";
const AREA_BYTES = 1024;
// Another process may take the port between finding it and listening on it.
const ATTEMPTS = 5;

// The only one in this process, never collected: node-snap7 keeps its event handles in static variables, and a second
// instance, or the end of the first, breaks the event loop's list of handles (node_snap7_server.cpp, lines 10, 665, 684).
const server = new snap7.S7Server();

/** Start the simulated controller; a process can have one at a time. */
export async function startS7Server(options: S7ServerOptions = {}): Promise<S7Server> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    if (server.ServerStatus() === server.SrvRunning) {
      throw new Error("this process has a simulated S7 controller already: close it first");
    }
    server.SetEventMask(0);
    server.SetParam(server.LocalPort, port);
    server.SetParam(server.PDURequest, options.pduSize ?? 0);
    server.SetCpuStatus(options.isStopped === true ? server.S7CpuStatusStop : server.S7CpuStatusRun);
    if (server.StartTo(HOST)) return serve(port);
    if (options.port !== undefined || attempt === ATTEMPTS) {
      throw new Error(`snap7 does not start on ${HOST}:${port}: ${server.ErrorText(server.LastError())}`);
    }
  }
}

function serve(port: number): S7Server {
  const areas = new Map<string, { readonly area: number; readonly index: number }>();

  function add(area: number, index: number, size: number): ServedArea {
    const bytes = Buffer.alloc(size);
    const isBlock = area === server.srvAreaDB;
    if (!(isBlock ? server.RegisterArea(area, index, bytes) : server.RegisterArea(area, bytes))) {
      throw new Error(`snap7 refuses area ${area}, index ${index}, of ${size} bytes`);
    }
    areas.set(`${area}.${index}`, { area, index });
    // snap7 serves a copy of its own, guarded by a lock.
    return { bytes, publish: () => server.SetArea(area, index, bytes) };
  }

  function remove(area: number, index: number): void {
    if (areas.delete(`${area}.${index}`)) server.UnregisterArea(area, index);
  }

  return {
    port,
    memory: add(server.srvAreaMK, 0, AREA_BYTES),
    inputs: add(server.srvAreaPE, 0, AREA_BYTES),
    outputs: add(server.srvAreaPA, 0, AREA_BYTES),
    timers: add(server.srvAreaTM, 0, AREA_BYTES),
    counters: add(server.srvAreaCT, 0, AREA_BYTES),
    addDataBlock: (number, size) => add(server.srvAreaDB, number, size),
    removeDataBlock: (number) => remove(server.srvAreaDB, number),
    clients: () => server.ClientsCount(),
    async close() {
      server.Stop();
      for (const { area, index } of [...areas.values()]) remove(area, index);
    },
  };
}
