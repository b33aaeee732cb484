import type { Plc, PlcOptions } from "./plc.ts";
import { startS7Server } from "./s7-server.ts";

const HEADER_BYTES = 16;

/** A data block a machine: DINT sequence, REAL temperature, current, speed, then INT samples. */
export async function startS7Plc(name: string, options: PlcOptions): Promise<Plc> {
  const server = await startS7Server();
  const block = (slot: number) => 10 + slot;
  const areas = Array.from({ length: options.machines }, (_, slot) =>
    server.addDataBlock(block(slot), HEADER_BYTES + 2 * options.samples),
  );
  return {
    name,
    device: { protocol: "s7", connection: { host: "127.0.0.1", port: server.port } },
    sampleScale: options.sampleScale,
    addresses: (slot) => ({
      sequence: `DB${block(slot)},DINT0`,
      temperature: `DB${block(slot)},REAL4`,
      current: `DB${block(slot)},REAL8`,
      speed: `DB${block(slot)},REAL12`,
      samples: `DB${block(slot)},INT${HEADER_BYTES}.${options.samples}`,
    }),
    show(slot, state) {
      const area = areas[slot];
      if (area === undefined) throw new RangeError(`${name} has no machine ${slot}`);
      area.bytes.writeInt32BE(state.sequence, 0);
      area.bytes.writeFloatBE(state.temperature, 4);
      area.bytes.writeFloatBE(state.current, 8);
      area.bytes.writeFloatBE(state.speed, 12);
      state.samples.forEach((value, i) => {
        area.bytes.writeInt16BE(quantised(value, options.sampleScale), HEADER_BYTES + 2 * i);
      });
      area.publish();
    },
    close: () => server.close(),
  };
}

/** What a 16-bit converter gives: the nearest step, clipped at its range. */
export function quantised(value: number, scale: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value / scale)));
}
