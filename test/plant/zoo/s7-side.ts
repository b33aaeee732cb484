import type { Side } from "./other-device.ts";
import type { Received } from "./received.ts";
import { startS7Simulator } from "./s7-simulator.ts";
import type { S7Device } from "./s7-traits.ts";
import type { ZooStart } from "./zoo-profile.ts";

/** The S7 port of a device that has other protocols too. */
export async function s7Side(device: S7Device, options: ZooStart, received: Received): Promise<Side> {
  const simulator = await startS7Simulator(device, options, received);
  return {
    port: simulator.port,
    get accepted() {
      return simulator.connections;
    },
    setFirmware: (firmware) => simulator.setFirmware(firmware),
    occupy: async (connections) => simulator.occupy(connections),
    close: () => simulator.close(),
  };
}
