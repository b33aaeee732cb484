import { setTimeout as delay } from "node:timers/promises";
import type { ProtocolId } from "@stethos/protocol-finger";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { createRandom } from "../random.ts";
import type { Weather } from "./fault-pair.ts";
import { type FaultPort, openFaultTcp } from "./fault-tcp.ts";
import { openFaultUdp } from "./fault-udp.ts";
import { type FaultKind, NEW_FIRMWARE } from "./faults.ts";
import { createTimers } from "./timers.ts";
import type { ZooDevice, ZooEndpoint } from "./zoo-profile.ts";

/** A device with a proxy before each of its ports. */
export interface FaultyDevice extends ZooDevice {
  /** Whether a fault does anything to this device. */
  suffers(fault: FaultKind): boolean;
  /** Begins a fault in place of the one there is. */
  begin(fault: FaultKind): Promise<void>;
  /** Ends it: the device is as it was, but for connections that are lost and a new firmware that stays. */
  end(): Promise<void>;
}

/** When a fault is there, counted from the start of the plan. */
export interface PlannedFault {
  readonly kind: FaultKind;
  readonly fromMs: number;
  /** Absent: it stays. */
  readonly untilMs?: number;
}

export interface FaultOptions {
  /** Seeds which answers are hit. */
  readonly seed: number;
  /** How late a late answer comes. */
  readonly lateMs: number;
  /** To stand on the protocols' own ports, at every address of the machine: in a network namespace. Absent: on ports of
   *  the system's choosing, at 127.0.0.1. */
  readonly isOnOwnPorts?: boolean;
}

/** Where the protocols are spoken (IANA, and the vendors' manuals for the last). */
const OWN_PORTS: Readonly<Record<ProtocolId, number>> = {
  s7: 102,
  modbus: 502,
  opcua: 4840,
  enip: 44_818,
  fins: 9600,
  bacnet: 47_808,
  iec104: 2404,
  fox: 1911,
  ads: 48_898,
  "hart-ip": 5094,
  dnp3: 20_000,
  proconos: 20_547,
  pcworx: 1962,
  codesys: 2455,
};

/** Ports of devices are of the system's choosing; those on which nobody listens are not. */
const LEAST_SERVED_PORT = 1024;

/** Spoken over UDP; the first of them over TCP too, on the same port. */
const DATAGRAMS: readonly ProtocolId[] = ["enip", "fins", "bacnet", "hart-ip", "codesys", "ads"];

/** Puts proxies before the device; closing closes the device as well. */
export async function startFaultyDevice(device: ZooDevice, options: FaultOptions): Promise<FaultyDevice> {
  let fault: FaultKind | undefined;
  const timers = createTimers();
  const weather: Weather = {
    random: createRandom(options.seed),
    fault: () => fault,
    lateMs: options.lateMs,
    timers,
  };
  const opened: FaultPort[] = [];

  async function standBefore(endpoint: ZooEndpoint): Promise<ZooEndpoint> {
    const ports: Partial<Record<ProtocolId, number>> = { ...endpoint.ports };
    for (const [protocol, port] of Object.entries(endpoint.ports) as [ProtocolId, number][]) {
      if (port >= LEAST_SERVED_PORT) ports[protocol] = await openBoth(protocol, port);
    }
    return { host: endpoint.host, ports };
  }

  async function openBoth(protocol: ProtocolId, port: number): Promise<number> {
    const place =
      options.isOnOwnPorts === true
        ? { host: "0.0.0.0", port: OWN_PORTS[protocol] }
        : { host: "127.0.0.1", port: 0 };
    const tcp = await openFaultTcp({ port, protocol }, place, weather);
    opened.push(tcp);
    if (DATAGRAMS.includes(protocol)) {
      opened.push(await openFaultUdp(port, { ...place, port: tcp.port }, weather));
    }
    return tcp.port;
  }

  async function change(next: FaultKind | undefined): Promise<void> {
    const last = fault;
    fault = next;
    for (const port of opened) await port.changed();
    if (last === "slots-taken") await device.occupy?.(0);
    if (next === "slots-taken") await takeSlots(device, opened);
    if (next === "new-firmware") {
      device.setFirmware?.(NEW_FIRMWARE);
      for (const port of opened) port.reset();
    }
  }

  const [first, ...others] = device.endpoints;
  return {
    endpoints: [await standBefore(first), ...(await Promise.all(others.map(standBefore)))],
    received: device.received,
    get connections() {
      return opened.reduce((sum, { accepted }) => sum + accepted, 0);
    },
    suffers: (kind) => suffers(device, kind),
    begin: (kind) => change(kind),
    end: () => change(undefined),
    async close() {
      timers.clear();
      await Promise.all(opened.map((port) => port.close()));
      await device.close();
    },
  };
}

function suffers({ occupy, setFirmware }: ZooDevice, kind: FaultKind): boolean {
  if (kind === "new-firmware") return setFirmware !== undefined;
  return kind !== "slots-taken" || occupy !== undefined;
}

/** More than any device has. */
const ALL_SLOTS = 256;
const TAKE_MS = 50;

/** Others come before the client is back: its connections go first, and what the device needs to notice is waited for. */
async function takeSlots(device: ZooDevice, opened: readonly FaultPort[]): Promise<void> {
  for (const port of opened) port.reset();
  await delay(TAKE_MS);
  await device.occupy?.(ALL_SLOTS);
}

/** Begins and ends faults as planned, one after the other; quietly ends when the signal aborts. */
export async function runFaults(
  device: FaultyDevice,
  plan: readonly PlannedFault[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const start = clock.monotonicMs();
  const until = (ms: number): Promise<boolean> =>
    slept(clock, Math.max(0, start + ms - clock.monotonicMs()), signal);
  for (const { kind, fromMs, untilMs } of plan) {
    if (!(await until(fromMs))) return;
    await device.begin(kind);
    if (untilMs === undefined) return;
    if (!(await until(untilMs))) return;
    await device.end();
  }
}
