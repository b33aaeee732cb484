import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createReceived } from "./received.ts";
import { openRecordingRelay } from "./recording-relay.ts";
import { withRefused } from "./refused-ports.ts";
import { AREAS, type S7Memory } from "./s7-memory.ts";
import { tagsOf } from "./s7-profile.ts";
import type { Snap7Order } from "./snap7-child.ts";
import type { ZooDevice, ZooProfile } from "./zoo-profile.ts";

export interface Snap7Traits {
  /** Granted whatever is asked; 0 grants what is asked. */
  readonly pduSize: number;
  readonly isStopped?: boolean;
  readonly memory: S7Memory;
}

/** Who snap7's server says it is, whatever it plays (s7_server.cpp of snap7 1.4, "SZL_ID_0011"). */
export const SNAP7_IDENTITY = {
  vendor: "Siemens",
  family: "S7-300",
  model: "CPU 315-2 PN/DP",
  orderNumber: "6ES7 315-2EH14-0AB0",
  firmware: "V3.2.6",
  serial: "S C-C2UR28922012",
  nature: "simulator",
} as const;

/** A profile that snap7's own server serves. */
export function snap7Profile(
  profile: Pick<ZooProfile, "id" | "title" | "traits" | "expected">,
  traits: Snap7Traits,
): ZooProfile {
  return {
    ...profile,
    backing: "snap7's server (node-snap7)",
    tags: tagsOf(traits.memory.cells),
    start: () => startSnap7Device(traits),
  };
}

async function startSnap7Device({ pduSize, isStopped = false, memory }: Snap7Traits): Promise<ZooDevice> {
  const numbers = new Set(memory.cells.filter(({ area }) => area === "dataBlock").map(({ db }) => db));
  const hex = (code: number, db = 0): string => memory.area(code, db)?.toString("hex") ?? "";
  const child = await startChild({
    pduSize,
    isStopped,
    blocks: [...numbers].map((db) => ({ db, hex: hex(AREAS.dataBlock, db) })),
    memory: hex(AREAS.memory),
    inputs: hex(AREAS.inputs),
  });
  const received = createReceived();
  const relay = await openRecordingRelay(child.port, received);
  return {
    endpoints: [withRefused({ s7: relay.port })],
    received: received.frames,
    get connections() {
      return relay.accepted;
    },
    async close() {
      await relay.close();
      await child.close();
    },
  };
}

async function startChild(
  order: Snap7Order,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const child: ChildProcess = fork(join(import.meta.dirname, "snap7-child.ts"), { execArgv: [] });
  const exit = once(child, "exit");
  child.send(order);
  const ready = once(child, "message").then(([message]) => (message as { readonly port: number }).port);
  const port = await Promise.race([
    ready,
    exit.then(([code]) => {
      throw new Error(`snap7's server ended with ${code} before it was ready`);
    }),
  ]);
  return {
    port,
    async close() {
      if (child.connected) child.disconnect();
      await exit;
    },
  };
}
