import { connect, type Socket } from "node:net";
import { createRandom } from "../random.ts";
import { createWorker, drawLatency } from "./latency.ts";
import { openModbusPort } from "./modbus-port.ts";
import { type ModbusSide, tells } from "./modbus-simulator.ts";
import type { ModbusTraits, ModbusUnit } from "./modbus-traits.ts";
import { type PythonChild, startPython } from "./python-child.ts";
import type { Received } from "./received.ts";
import type { ZooStart } from "./zoo-profile.ts";

/** What pymodbus can show of {@link ModbusTraits}. All units have the functions, limits and identity of the first one. */
export type PymodbusTraits = Omit<ModbusTraits, "deadUnitMs" | "overlap" | "units"> & {
  readonly units: Readonly<Record<number, ModbusUnit>>;
  readonly otherUnits: "silence" | { readonly unit: number } | { readonly exception: 0x0b };
};

/** pymodbus answers; connections, the time it takes and the log are ours. */
export async function startPymodbus(
  traits: PymodbusTraits,
  { seed, latencyScale }: ZooStart,
  received: Received,
): Promise<ModbusSide> {
  const { units, otherUnits } = traits;
  const child = await startPython("modbus-pymodbus.py", [JSON.stringify({ units, otherUnits })]);
  const worker = createWorker();
  const random = createRandom(seed);
  const far = new Set<Socket>();
  const door = await openModbusPort(traits.door ?? {}, received, (near) => {
    const line = relay(near, child);
    far.add(line);
    line.once("close", () => far.delete(line));
    let waiting = 0;
    return (frame) => {
      if (waiting === MOST_WAITING) return;
      const bytes = Buffer.from(frame);
      waiting += 1;
      worker.run(drawLatency(traits.latencyMs, random) * latencyScale, () => {
        waiting -= 1;
        if (line.writable) line.write(bytes);
      });
    };
  });
  return {
    get port() {
      return door.port;
    },
    get accepted() {
      return door.accepted;
    },
    occupy: (connections) => door.occupy(connections),
    ...(tells(traits) && { setFirmware: (firmware: string) => child.tell(`firmware ${firmware}`) }),
    async close() {
      worker.stop();
      await door.close();
      for (const line of far) line.destroy();
      await child.close();
    },
  };
}

/** What waits in one connection; further requests are never answered. */
const MOST_WAITING = 64;

/** A connection to pymodbus for one from outside; either end of it ends both. */
function relay(near: Socket, { port }: PythonChild): Socket {
  const line = connect(port, "127.0.0.1");
  line.setNoDelay();
  line.on("error", () => near.destroy());
  line.on("data", (bytes) => {
    if (near.writable) near.write(bytes);
  });
  line.once("close", () => near.destroySoon());
  near.once("close", () => line.destroySoon());
  return line;
}
