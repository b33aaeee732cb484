import { createHash } from "node:crypto";
import type { DeviceConfig } from "../config/build-plant.ts";
import type { AgentConfig } from "../config.ts";
import { describeError } from "../core/errors.ts";
import type { Machine } from "../core/machine.ts";
import { StatusCode } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Tag } from "../core/tag.ts";
import { type AcquireDeps, acquire } from "../flow/acquire.ts";
import { createTable } from "../lib/table.ts";
import type { Driver, DriverDeps, WaveformSource } from "../ports/driver.ts";
import type { IdentifyStart } from "../ports/plant.ts";
import { createDriver } from "./drivers.ts";
import { createFinger } from "./finger.ts";

/** All devices of the agent, each on its own; survives changes of the configuration. */
export interface Acquisition {
  /** By the index that readings carry. A tag that was removed stays, so that no index changes its meaning. */
  readonly tags: readonly Tag[];
  /** Stops devices that are gone or changed and makes ready those that are new. */
  apply(config: Pick<AgentConfig, "devices">): ApplyReport;
  /** Starts what was made ready. */
  start(): void;
  /** Machines with their waveforms by the agent's own index. */
  place(config: Pick<AgentConfig, "machines">): readonly Machine[];
  /** Device that a waveform index belongs to. */
  deviceOf(waveform: number): string;
  /** Asks a device afresh who it is. */
  identify(device: string): IdentifyStart;
  /** Ends all devices; gives up on one that takes longer than `ms`. */
  close(ms: number): Promise<void>;
}

export interface ApplyReport {
  readonly started: readonly string[];
  readonly stopped: readonly string[];
  readonly kept: readonly string[];
}

interface Running {
  readonly key: string;
  readonly config: DeviceConfig;
  readonly tagPlaces: Uint32Array<ArrayBuffer>;
  readonly waveformPlaces: Uint32Array<ArrayBuffer>;
  readonly stop: AbortController;
  driver?: Driver;
  done?: Promise<void>;
}

export function createAcquisition(
  deps: AcquireDeps & DriverDeps & { readonly dataFolder: string },
): Acquisition {
  const tags = createTable<Tag>();
  const waveforms = createTable<WaveformSource>();
  const running = new Map<string, Running>();
  const ending = new Set<Promise<void>>();
  const finger = createFinger(deps, deps.dataFolder);

  function retire(name: string, device: Running): void {
    running.delete(name);
    device.stop.abort(new DOMException(`${name} is no longer read`, "AbortError"));
    if (device.done === undefined) return;
    const done = device.done.finally(() => ending.delete(done));
    ending.add(done);
  }

  async function work(name: string, device: Running): Promise<void> {
    const { signal } = device.stop;
    try {
      const driver = await createDriver(device.config, deps, finger, deps.dataFolder);
      device.driver = driver;
      await acquire({ plan: device.config.plan, driver, ...device }, deps, signal);
    } catch (thrown) {
      if (!signal.aborted)
        deps.logger.error(
          { device: name, err: describeError(thrown) },
          "a driver gave up; restart the agent",
        );
    }
    if (!signal.aborted) deps.onDevice(name, { kind: "link", up: false, reason: "the driver gave up" });
  }

  return {
    tags: tags.items,
    apply(config) {
      const wanted = new Map(config.devices.map((device) => [device.plan.device, device]));
      const stopped: string[] = [];
      for (const [name, device] of [...running]) {
        const next = wanted.get(name);
        if (next !== undefined && keyOf(next) === device.key) continue;
        retire(name, device);
        stopped.push(name);
        if (next === undefined) deps.onReadings(outOfService(device, deps.clock.nowUs()));
      }
      const started: string[] = [];
      for (const [name, device] of wanted) {
        if (running.has(name)) continue;
        started.push(name);
        running.set(name, {
          key: keyOf(device),
          config: device,
          tagPlaces: tags.place(device.plan.tags),
          waveformPlaces: waveforms.place(device.plan.waveforms),
          stop: new AbortController(),
        });
      }
      return { started, stopped, kept: [...running.keys()].filter((name) => !started.includes(name)) };
    },
    start() {
      for (const [name, device] of running) device.done ??= work(name, device);
    },
    place: (config) =>
      config.machines.map((machine) => ({
        ...machine,
        sensors: machine.sensors.map((sensor) => ({
          ...sensor,
          waveform: waveforms.items.findIndex((waveform) => waveform.id === sensor.id),
        })),
      })),
    identify(name) {
      const device = running.get(name);
      if (device === undefined) return "unknown";
      if (device.config.device.protocol !== "auto") return "configured";
      return device.driver?.identify?.() === true ? "started" : "too-soon";
    },
    deviceOf: (waveform) => waveforms.items[waveform]?.device ?? "",
    async close(ms) {
      for (const [name, device] of [...running]) retire(name, device);
      const limit = deps.clock.deadline(ms, new AbortController().signal);
      const late = new Promise<void>((resolve) =>
        limit.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
      await Promise.race([Promise.all(ending), late]);
      if (limit.expired) deps.logger.warn({ ms }, "some devices did not close in time and were left");
      limit.dispose();
    },
  };
}

/** What must stay the same for a connection to be kept. */
const keyOf = (config: DeviceConfig): string =>
  createHash("sha256")
    .update(JSON.stringify([config.device, config.plan.tags, config.plan.waveforms]))
    .digest("base64url");

/** The tags of a device that is no longer in the configuration. */
function outOfService(device: Running, nowUs: number): ReadingBatch {
  const count = device.tagPlaces.length;
  return {
    count,
    tag: device.tagPlaces,
    value: new Float64Array(count).fill(Number.NaN),
    status: new Uint32Array(count).fill(StatusCode.BadOutOfService),
    sourceTimeUs: new Float64Array(count).fill(nowUs),
    agentTimeUs: nowUs,
    sequence: new Float64Array(count),
    other: new Map(),
  };
}
