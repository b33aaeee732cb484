import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createAuto } from "../../edge-agent/src/compose/auto.ts";
import { createFinger } from "../../edge-agent/src/compose/finger.ts";
import { autoOptions } from "../../edge-agent/src/config/auto-options.ts";
import { isUsable } from "../../edge-agent/src/core/quality.ts";
import type { Protocol } from "../../edge-agent/src/core/tag.ts";
import type { Driver, DriverEvent, ScanPlan } from "../../edge-agent/src/ports/driver.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";

/** A device that is found out, and what it has shown so far. */
export interface AutoWatch {
  readonly driver: Driver;
  readonly events: readonly DriverEvent[];
  /** What was asked of the device to find out who it is, newest last. */
  readonly probed: readonly string[];
  /** Newest usable value of each tag. */
  readonly values: ReadonlyMap<number, unknown>;
  readonly protocol: Protocol | undefined;
  /** The first that `pick` finds, now or later. */
  until<T>(pick: (watch: AutoWatch) => T | undefined): Promise<T>;
  stop(): Promise<void>;
}

/** A folder for what is remembered. */
export async function memoryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "stethos-auto-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };

export function planOf(addresses: readonly string[]): ScanPlan {
  const tags = addresses.map((address) => ({
    id: address,
    path,
    name: address,
    device: "plc",
    protocol: "auto" as const,
    address,
    unit: "1",
    scale: 1,
    offset: 0,
  }));
  const group = { name: "g", periodMs: 100, tags: tags.map((_, i) => i), waveforms: [] };
  return { device: "plc", protocol: "auto", tags, waveforms: [], groups: [group] };
}

/** Nothing listens there. */
const NOBODY = 9;

/** @param folder where the device is remembered */
export async function watchAuto(
  addresses: readonly string[],
  connection: { readonly ports: Readonly<Record<string, number>>; readonly [key: string]: unknown },
  folder: string,
): Promise<AutoWatch> {
  const events: DriverEvent[] = [];
  const probed: string[] = [];
  const values = new Map<number, unknown>();
  const waiting = new Set<() => void>();
  let protocol: Protocol | undefined;
  const note = (fields: Readonly<Record<string, unknown>>, message: string) => {
    if (message === "identifying" && fields["kind"] === "probing") probed.push(String(fields["protocol"]));
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const deps = { clock: createSystemClock(), logger, random: () => 0.1 };
  const options = autoOptions.parse({
    endpoint: "auto://127.0.0.1",
    spacingMs: 0,
    opcua: { securityMode: "None" },
    ...connection,
    ports: { s7: NOBODY, modbus: NOBODY, opcua: NOBODY, ...connection.ports },
  });
  const way = { plan: planOf(addresses), options, deps, certificateFolder: join(folder, "pki") };
  const driver = await createAuto(way, createFinger(deps, folder));
  const stop = new AbortController();

  function take(event: DriverEvent): void {
    events.push(event);
    if (event.kind !== "batch") return;
    protocol = event.protocol;
    const { batch } = event;
    batch.tag.forEach((tag, row) => {
      if (isUsable(batch.status[row] ?? 0)) values.set(tag, batch.other.get(row) ?? batch.value[row]);
    });
  }

  const running = (async () => {
    for await (const event of driver.events(stop.signal)) {
      take(event);
      for (const look of waiting) look();
    }
  })();
  const watch: AutoWatch = {
    driver,
    events,
    probed,
    values,
    get protocol() {
      return protocol;
    },
    until: (pick) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pick(watch);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        running.then(() => reject(new Error("the driver ended first")), reject);
      }),
    async stop() {
      stop.abort();
      await running;
    },
  };
  return watch;
}

/** The newest state of the link, with its cause. */
export const link = ({ events }: AutoWatch) => events.findLast((event) => event.kind === "link");

export const diagnosisIs =
  (code: string) =>
  ({ events }: AutoWatch): true | undefined =>
    events.some(
      (event) => (event.kind === "link" || event.kind === "diagnosis") && event.diagnosis?.code === code,
    ) || undefined;
