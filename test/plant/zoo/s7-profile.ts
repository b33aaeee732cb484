import { createReceived } from "./received.ts";
import { withRefused } from "./refused-ports.ts";
import { type Cell, cellAddress } from "./s7-memory.ts";
import { startS7Simulator } from "./s7-simulator.ts";
import type { S7Device, S7Identity } from "./s7-traits.ts";
import type { ZooProfile, ZooTag } from "./zoo-profile.ts";

/** How to read each cell. */
export function tagsOf(cells: readonly Cell[]): readonly ZooTag[] {
  return cells.map((cell) => ({ name: cell.name, address: cellAddress(cell), value: cell.value }));
}

/** What a Siemens controller must be recognised as. */
export function expectedOf(
  family: string,
  identity: S7Identity,
  mode: ZooProfile["expected"]["mode"],
): ZooProfile["expected"] {
  return {
    vendor: "Siemens",
    family,
    model: identity.moduleType,
    orderNumber: identity.orderNumber,
    firmware: identity.firmware,
    serial: identity.serial,
    nature: "plc",
    mode,
  };
}

/** What a profile says of itself, beside how it is served. */
export type ProfileWords = Pick<ZooProfile, "id" | "title" | "traits" | "expected">;

/** A profile that our own simulator serves, on S7 alone. */
export function ownS7Profile(words: ProfileWords, device: S7Device): ZooProfile {
  return {
    ...words,
    backing: "own simulator",
    tags: tagsOf(device.memory.cells),
    async start(options) {
      const received = createReceived();
      const simulator = await startS7Simulator(device, options, received);
      return {
        endpoints: [withRefused({ s7: simulator.port })],
        received: received.frames,
        get connections() {
          return simulator.connections;
        },
        setFirmware: (firmware) => simulator.setFirmware(firmware),
        occupy: async (connections) => simulator.occupy(connections),
        close: () => simulator.close(),
      };
    },
  };
}
