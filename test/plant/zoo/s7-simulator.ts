import { type AddressInfo, createServer, type Socket } from "node:net";
import { createRandom } from "../random.ts";
import { createWorker, drawLatency } from "./latency.ts";
import { createReceived, type Received } from "./received.ts";
import { serveS7 } from "./s7-session.ts";
import { createSlots } from "./s7-slots.ts";
import type { S7Device } from "./s7-traits.ts";
import type { ZooStart } from "./zoo-profile.ts";

/** A running S7 device on ISO-on-TCP: what it does is in its traits. It holds bytes of its own and knows nothing of
 *  the product's codecs, so that a mistake cannot hide on both sides. */
export interface S7Simulator {
  readonly port: number;
  /** Accepted since the start. */
  readonly connections: number;
  setFirmware(firmware: string): void;
  /** So many connections are in use by others. */
  occupy(connections: number): void;
  close(): Promise<void>;
}

export interface S7SimulatorOptions extends ZooStart {
  /** 127.0.0.1 where absent. */
  readonly host?: string;
  /** A free one where absent. */
  readonly port?: number;
}

// A peer that opens connections and never closes them must not fill the memory.
const MOST_SOCKETS = 128;

/** @param received where frames are noted, if the device has other sides too */
export async function startS7Simulator(
  device: S7Device,
  options: S7SimulatorOptions,
  received: Received = createReceived(),
): Promise<S7Simulator> {
  const random = createRandom(options.seed);
  const slots = createSlots(device.traits.connections);
  const worker = createWorker();
  const sockets = new Set<Socket>();
  let now = device;
  let reference = 2;
  let connections = 0;

  const cpu = {
    device: () => now,
    nextReference: () => {
      reference = (reference % 0xffff) + 1;
      return reference;
    },
    take: (type: Parameters<typeof slots.take>[0]) => slots.take(type),
    work: (done: () => void) =>
      worker.run(drawLatency(now.traits.latencyMs, random) * options.latencyScale, done),
    received: (frame: Buffer) => received.note("s7", frame),
  };

  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Clients end with a reset as often as with FIN; "close" follows either.
    socket.on("error", () => socket.destroy());
    serveS7(socket, cpu, connections);
  });
  server.maxConnections = MOST_SOCKETS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    setFirmware(firmware) {
      const { traits } = now;
      now = { ...now, traits: { ...traits, identity: { ...traits.identity, firmware } } };
    },
    occupy: (count) => slots.occupy(count),
    close() {
      worker.stop();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
