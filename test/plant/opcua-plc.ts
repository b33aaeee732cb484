import { startOpcuaServer } from "./opcua-server.ts";
import type { Plc, PlcOptions } from "./plc.ts";

/** Variables a machine; samples as a Float array. Sign & Encrypt, as a server of today is set up. */
export async function startOpcuaPlc(name: string, options: PlcOptions): Promise<Plc> {
  const server = await startOpcuaServer({ securityModes: ["SignAndEncrypt"] });
  const machines = Array.from({ length: options.machines }, (_, slot) => {
    const wave = server.addWaveform(`machine${slot}.vibration`, "Float", new Float32Array(options.samples));
    return {
      sequence: wave.sequenceAddress,
      samples: wave.address,
      temperature: server.add(`machine${slot}.temperature`, "Float", 0),
      current: server.add(`machine${slot}.current`, "Float", 0),
      speed: server.add(`machine${slot}.speed`, "Float", 0),
    };
  });
  return {
    name,
    device: { protocol: "opcua", connection: { endpoint: server.url, trustServer: "first-use" } },
    sampleScale: 1,
    addresses(slot) {
      const addresses = machines[slot];
      if (addresses === undefined) throw new RangeError(`${name} has no machine ${slot}`);
      return addresses;
    },
    show(slot, state) {
      server.set(`machine${slot}.temperature`, state.temperature);
      server.set(`machine${slot}.current`, state.current);
      server.set(`machine${slot}.speed`, state.speed);
      server.setBlock(`machine${slot}.vibration`, state.samples, state.sequence);
    },
    close: () => server.close(),
  };
}
