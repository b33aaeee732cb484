import { createRandom } from "../random.ts";
import { openModbusPort, pduOf, reply, unitOf } from "./modbus-port.ts";
import type { ModbusTraits } from "./modbus-traits.ts";
import { createModbusWorker } from "./modbus-worker.ts";
import type { Received } from "./received.ts";
import type { Door } from "./tcp-door.ts";
import type { ZooStart } from "./zoo-profile.ts";

/** The Modbus/TCP side of a device that runs. */
export interface ModbusSide extends Door {
  /** The revision that it tells from now on, where it tells one. */
  setFirmware?(firmware: string): void;
}

/** Our own simulator: whatever {@link ModbusTraits} can say. */
export async function startModbusSimulator(
  traits: ModbusTraits,
  { seed, latencyScale }: ZooStart,
  received: Received,
): Promise<ModbusSide> {
  let firmware: string | undefined;
  const worker = createModbusWorker(traits, {
    random: createRandom(seed),
    latencyScale,
    firmware: () => firmware,
  });
  const door = await openModbusPort(traits.door ?? {}, received, (socket) => (frame) => {
    const request = Buffer.from(frame);
    worker.take({
      unit: unitOf(request),
      pdu: pduOf(request),
      answer(pdu) {
        if (socket.writable) socket.write(reply(request, pdu));
      },
    });
  });
  return {
    get port() {
      return door.port;
    },
    get accepted() {
      return door.accepted;
    },
    occupy: (connections) => door.occupy(connections),
    ...(tells(traits) && {
      setFirmware(value: string) {
        firmware = value;
      },
    }),
    async close() {
      worker.stop();
      await door.close();
    },
  };
}

/** Whether a revision is in its identity. */
export const tells = ({ units }: Pick<ModbusTraits, "units">): boolean =>
  Object.values(units).some((unit) => unit !== "silence" && unit.identity !== undefined);
