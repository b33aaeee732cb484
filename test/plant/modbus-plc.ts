import { startModbusServer } from "./modbus-server.ts";
import type { Plc, PlcOptions } from "./plc.ts";
import { quantised } from "./s7-plc.ts";

const HEADER_REGISTERS = 8;
const SLOT_REGISTERS = 30_000;

/** Holding registers a machine: UINT32 sequence, FLOAT32 temperature, current, speed, then INT16 samples. */
export async function startModbusPlc(name: string, options: PlcOptions): Promise<Plc> {
  const server = await startModbusServer();
  const scratch = new DataView(new ArrayBuffer(4));
  const write32 = (at: number, set: () => void) => {
    set();
    server.holding[at] = scratch.getUint16(0);
    server.holding[at + 1] = scratch.getUint16(2);
  };
  return {
    name,
    device: { protocol: "modbus-tcp", connection: { host: "127.0.0.1", port: server.port, jobsInFlight: 4 } },
    sampleScale: options.sampleScale,
    addresses(slot) {
      const at = slot * SLOT_REGISTERS;
      return {
        sequence: `hr:${at},UINT32`,
        temperature: `hr:${at + 2},FLOAT32`,
        current: `hr:${at + 4},FLOAT32`,
        speed: `hr:${at + 6},FLOAT32`,
        samples: `hr:${at + HEADER_REGISTERS},INT16[${options.samples}]`,
      };
    },
    show(slot, state) {
      const at = slot * SLOT_REGISTERS;
      state.samples.forEach((value, i) => {
        server.holding[at + HEADER_REGISTERS + i] = quantised(value, options.sampleScale);
      });
      write32(at + 2, () => scratch.setFloat32(0, state.temperature));
      write32(at + 4, () => scratch.setFloat32(0, state.current));
      write32(at + 6, () => scratch.setFloat32(0, state.speed));
      write32(at, () => scratch.setUint32(0, state.sequence));
    },
    close: () => server.close(),
  };
}
