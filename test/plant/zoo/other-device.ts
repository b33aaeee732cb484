import type { ProtocolId } from "@stethos/protocol-finger";
import type { Received } from "./received.ts";
import { withRefused } from "./refused-ports.ts";
import type { ZooDevice } from "./zoo-profile.ts";

/** One protocol of a device. */
export interface Side {
  readonly port: number;
  /** Connections since the start. */
  readonly accepted: number;
  setFirmware?(firmware: string): void;
  occupy?(connections: number): Promise<void>;
  close(): Promise<void>;
}

/** A device at one address.
 *  @param sides the first one is what others occupy */
export function deviceOf(received: Received, sides: Readonly<Partial<Record<ProtocolId, Side>>>): ZooDevice {
  const all = Object.values(sides);
  const ports = Object.fromEntries(Object.entries(sides).map(([protocol, { port }]) => [protocol, port]));
  const occupied = all[0];
  const tells = all.filter((side) => side.setFirmware !== undefined);
  return {
    endpoints: [withRefused(ports)],
    received: received.frames,
    get connections() {
      return all.reduce((sum, { accepted }) => sum + accepted, 0);
    },
    ...(tells.length > 0 && {
      setFirmware(firmware: string) {
        for (const side of tells) side.setFirmware?.(firmware);
      },
    }),
    ...(occupied?.occupy !== undefined && {
      occupy: async (connections: number) => await occupied.occupy?.(connections),
    }),
    async close() {
      await Promise.all(all.map((side) => side.close()));
    },
  };
}
