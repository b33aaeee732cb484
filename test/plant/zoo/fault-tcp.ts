import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { ProtocolId } from "@stethos/protocol-finger";
import { createPair, type Pair, type Weather } from "./fault-pair.ts";

/** A port that stands before a device's. */
export interface FaultPort {
  readonly port: number;
  readonly accepted: number;
  /** The fault has begun or is over. */
  changed(): Promise<void>;
  /** Resets every connection. */
  reset(): void;
  close(): Promise<void>;
}

const RELISTEN_MS = 10;

export interface FaultPlace {
  readonly host: string;
  /** 0: one of the system's choosing. */
  readonly port: number;
}

export interface Behind {
  readonly port: number;
  readonly protocol: ProtocolId;
}

export async function openFaultTcp(behind: Behind, place: FaultPlace, weather: Weather): Promise<FaultPort> {
  const pairs = new Set<Pair>();
  let server: Server | undefined;
  let accepted = 0;

  function enter(client: Socket): void {
    accepted += 1;
    client.setNoDelay();
    const pair = createPair({ client, target: behind.port, protocol: behind.protocol, weather });
    pairs.add(pair);
    client.once("close", () => pairs.delete(pair));
    pair.hold(weather.fault() === "cable-pull");
  }

  async function listen(port: number): Promise<number> {
    const next = createServer({ allowHalfOpen: true, pauseOnConnect: true }, enter);
    next.listen(port, place.host);
    await once(next, "listening");
    server = next;
    return (next.address() as AddressInfo).port;
  }

  async function listenAgain(): Promise<void> {
    while (server === undefined) {
      try {
        await listen(port);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
        // Somebody else's outgoing connection has the port for the moment.
        await delay(RELISTEN_MS);
      }
    }
  }

  function reset(): void {
    for (const pair of pairs) pair.reset();
  }

  function stopListening(): void {
    server?.close();
    server = undefined;
  }

  const port = await listen(place.port);
  return {
    port,
    get accepted() {
      return accepted;
    },
    async changed() {
      const fault = weather.fault();
      if (fault === "power-cycle") {
        stopListening();
        reset();
        return;
      }
      if (server === undefined) await listenAgain();
      for (const pair of pairs) pair.hold(fault === "cable-pull");
    },
    reset,
    async close() {
      stopListening();
      for (const pair of pairs) pair.close();
    },
  };
}
