import { stringify } from "yaml";
import { startOpcuaPlc } from "../plant/opcua-plc.ts";

/** A machine of which a test says what it sounds like. */
export interface ScriptedMachine {
  readonly asset: string;
  /** 0 where nobody knows. */
  readonly shaftHz: number;
  /** The next block, one window long. */
  next(): Float32Array;
}

/** A controller with scripted machines, in this process. */
export interface ModelPlant {
  /** Text of an agent.yaml. */
  agentConfig(settings: object): string;
  close(): Promise<void>;
}

const SITE = "hall-7";
const WINDOW = 8192;
const RATE_HZ = 12_000;

/** Shows a block of each machine every `blockMs`. */
export async function startModelPlant(
  machines: readonly ScriptedMachine[],
  blockMs: number,
): Promise<ModelPlant> {
  const plc = await startOpcuaPlc("plc", { machines: machines.length, samples: WINDOW, sampleScale: 1 });
  let sequence = 0;
  const showAll = (): void => {
    sequence += 1;
    machines.forEach(({ shaftHz, next }, slot) => {
      plc.show(slot, { sequence, samples: next(), temperature: 40, current: 12, speed: 60 * shaftHz });
    });
  };
  showAll();
  const timer = setInterval(showAll, blockMs);
  const waveforms = machines.map(({ asset }, slot) => {
    const { samples, sequence: address } = plc.addresses(slot);
    return {
      name: "vibration",
      asset,
      address: samples,
      sequence: address,
      unit: "m/s2",
      scale: plc.sampleScale,
      sampleRateHz: RATE_HZ,
      samples: WINDOW,
    };
  });
  return {
    agentConfig: (settings) =>
      stringify({
        version: 1,
        site: SITE,
        data: "./data",
        api: { port: 0 },
        // Speeds never change here, and machines are known after seconds.
        detector: { baseline: { windows: 10, copies: 0, commissioningWindows: 10 } },
        ...settings,
        devices: [
          { name: plc.name, ...plc.device, groups: [{ name: "waves", periodMs: blockMs / 2, waveforms }] },
        ],
        machines: machines.map(({ asset, shaftHz }) => ({
          asset,
          ...(shaftHz > 0 && { nominalShaftHz: shaftHz }),
          sensors: [{ waveform: "vibration", name: "de" }],
        })),
      }),
    async close() {
      clearInterval(timer);
      await plc.close();
    },
  };
}
