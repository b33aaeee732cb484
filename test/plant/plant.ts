import { stringify } from "yaml";
import {
  BPFI_ORDER,
  BPFO_ORDER,
  bearing,
  LOAD_FROM_BLOCK,
  loadAt,
  machines,
  type PlantMachine,
  type Story,
  severityAt,
} from "./machines.ts";
import { startModbusPlc } from "./modbus-plc.ts";
import { startOpcuaPlc } from "./opcua-plc.ts";
import type { Plc, PlcOptions } from "./plc.ts";
import { createRandom } from "./random.ts";
import type { Recordings } from "./recordings.ts";
import { startS7Plc } from "./s7-plc.ts";
import { createVibration, type Vibration } from "./vibration.ts";

export interface PlantOptions {
  /** Milliseconds between the blocks of a machine. */
  readonly blockPeriodMs: number;
  /** Real recordings in the place of the generator; they know the story of the bearings only. */
  readonly recordings?: Recordings;
  readonly story?: Story;
  /** The load comes when `goToFullLoad` is called, not by itself. */
  readonly waitsForLoad?: boolean;
  /** No bearing fails before `beginStory` is called, however long the agent takes to learn. */
  readonly holdsStory?: boolean;
}

/** Six machines on three controllers, on loopback, and the configuration of an agent that listens to them. */
export interface Plant {
  /** Text of an agent.yaml. @param devices beside the plant's own */
  agentConfig(extra: Readonly<Record<string, unknown>>, devices?: readonly object[]): string;
  /** Machines that will fail, by id. */
  readonly failing: readonly string[];
  readonly healthy: readonly string[];
  goToFullLoad(): void;
  /** What `holdsStory` held back begins within a few blocks. */
  beginStory(): void;
  close(): Promise<void>;
}

export const SITE = "demo-plant";
const WINDOW_SECONDS = 8192 / 12_000;

export async function startPlant(options: PlantOptions): Promise<Plant> {
  const { recordings, story = "bearings" } = options;
  const sampleRateHz = recordings?.sampleRateHz ?? 12_000;
  // One window of the model a block, and one sample to spare for the rounding of the rate conversion.
  const samples = Math.ceil(WINDOW_SECONDS * sampleRateHz) + (recordings === undefined ? 0 : 1);
  const plcOptions: PlcOptions = {
    machines: 2,
    samples,
    sampleScale: recordings === undefined ? 0.002 : 0.0003,
  };
  const plcs: Record<PlantMachine["plc"], Plc> = {
    s7: await startS7Plc("plc-cooling", plcOptions),
    modbus: await startModbusPlc("plc-air", plcOptions),
    opcua: await startOpcuaPlc("plc-press", plcOptions),
  };
  const wired = machines.map((machine, i) => ({
    machine,
    plc: plcs[machine.plc],
    slot: machines.slice(0, i).filter((other) => other.plc === machine.plc).length,
    vibration: vibrationOf(machine, i, sampleRateHz, recordings),
    random: createRandom(1000 + i),
    rpm: recordings === undefined ? machine.shaftHz * 60 : machine.recordings.rpm,
  }));

  const firstFault = Math.min(...machines.flatMap(({ fault }) => fault?.fromBlock ?? []));
  let block = 0;
  /** Blocks by which the story is late; undefined while it is held back. */
  let late = options.holdsStory === true ? undefined : 0;
  let loadFrom =
    story === "load" && options.waitsForLoad !== true ? LOAD_FROM_BLOCK : Number.POSITIVE_INFINITY;
  function showAll(): void {
    block += 1;
    for (const { machine, plc, slot, vibration, random, rpm } of wired) {
      const severity = severityAt(machine, story, late === undefined ? 0 : block - late);
      const fullLoad = loadAt(machine, loadFrom, block);
      const load = 1 + 0.3 * fullLoad + 0.02 * Math.sin(block / 30) + 0.005 * random.normal();
      plc.show(slot, {
        sequence: block,
        samples: vibration.next(samples, severity, fullLoad),
        // A damaged bearing warms up and brakes; the speed follows the load a little.
        temperature: 41 + 3 * load + 9 * severity + 0.1 * random.normal(),
        current: 12.5 * load * (1 + 0.03 * severity),
        speed: rpm * (1 - 0.002 * (load - 1)),
      });
    }
  }
  showAll();
  const timer = setInterval(showAll, options.blockPeriodMs);
  const idOf = (machine: PlantMachine) => `${SITE}/${machine.asset}`;
  const isFailing = (machine: PlantMachine) => story === "bearings" && machine.fault !== undefined;

  return {
    failing: machines.filter((machine) => isFailing(machine)).map(idOf),
    healthy: machines.filter((machine) => !isFailing(machine)).map(idOf),
    beginStory() {
      late ??= Math.max(0, block - firstFault);
    },
    goToFullLoad() {
      loadFrom = block;
    },
    agentConfig: (extra, devices = []) =>
      stringify({
        version: 1,
        site: SITE,
        ...extra,
        devices: [
          ...Object.values(plcs).map((plc) => ({
            name: plc.name,
            ...plc.device,
            groups: [
              groupOf(
                plc,
                wired.filter((one) => one.plc === plc),
                { sampleRateHz, samples, periodMs: Math.min(250, options.blockPeriodMs / 2) },
              ),
            ],
          })),
          ...devices,
        ],
        machines: machines.map((machine) => ({
          asset: machine.asset,
          name: machine.name,
          speed: "speed",
          sensors: [
            { waveform: "vibration", name: "drive end", ...(recordings === undefined && { bearing }) },
          ],
        })),
      }),
    async close() {
      clearInterval(timer);
      await Promise.all(Object.values(plcs).map((plc) => plc.close()));
    },
  };

  function groupOf(
    plc: Plc,
    wiredHere: readonly { readonly machine: PlantMachine; readonly slot: number }[],
    block: { readonly sampleRateHz: number; readonly samples: number; readonly periodMs: number },
  ) {
    return {
      name: "machines",
      periodMs: block.periodMs,
      tags: wiredHere.flatMap(({ machine, slot }) => {
        const at = plc.addresses(slot);
        return [
          { name: "temperature", asset: machine.asset, address: at.temperature, unit: "Cel", deadband: 0.1 },
          { name: "current", asset: machine.asset, address: at.current, unit: "A", deadband: 0.05 },
          { name: "speed", asset: machine.asset, address: at.speed, unit: "/min", deadband: 0.1 },
        ];
      }),
      waveforms: wiredHere.map(({ machine, slot }) => {
        const at = plc.addresses(slot);
        return {
          name: "vibration",
          asset: machine.asset,
          address: at.samples,
          sequence: at.sequence,
          // The rig's recordings carry no unit; the generator makes m/s2.
          unit: recordings === undefined ? "m/s2" : "1",
          scale: plc.sampleScale,
          sampleRateHz: block.sampleRateHz,
          samples: block.samples,
        };
      }),
    };
  }
}

function vibrationOf(
  machine: PlantMachine,
  i: number,
  sampleRateHz: number,
  recordings: Recordings | undefined,
): Vibration {
  if (recordings !== undefined)
    return recordings.play(machine.recordings.healthy, machine.recordings.damaged, 50 + i);
  const isInner = machine.fault?.race === "inner";
  return createVibration({
    seed: 10 + i,
    sampleRateHz,
    shaftHz: machine.shaftHz,
    faultOrder: isInner ? BPFI_ORDER : BPFO_ORDER,
    isFaultModulated: isInner,
  });
}
