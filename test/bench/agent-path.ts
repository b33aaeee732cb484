import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createCounters } from "../../edge-agent/src/adapters/node/counters.ts";
import { createLogger } from "../../edge-agent/src/adapters/node/logger.ts";
import { systemRandom } from "../../edge-agent/src/adapters/node/random.ts";
import { createHistory } from "../../edge-agent/src/adapters/sqlite/history.ts";
import { historyOptions } from "../../edge-agent/src/adapters/sqlite/options.ts";
import { createAcquisition } from "../../edge-agent/src/compose/acquisition.ts";
import type { DeviceConfig } from "../../edge-agent/src/config/build-plant.ts";
import type { DeviceFile } from "../../edge-agent/src/config/schema.ts";
import type { Tag } from "../../edge-agent/src/core/tag.ts";
import { createMirror } from "../../edge-agent/src/flow/mirror.ts";

/** The agent's own acquisition with normalising, mirror and history, as fast as the device allows. */
export async function startAcquisition(devices: readonly DeviceConfig[]) {
  const folder = await mkdtemp(join(tmpdir(), "stethos-bench-"));
  const deps = {
    clock: createSystemClock(),
    logger: createLogger("error", true),
    telemetry: createCounters(),
  };
  const history = await createHistory(historyOptions.parse({ file: join(folder, "history.db") }), deps);
  const mirror = createMirror({
    nowUs: deps.clock.nowUs,
    counters: deps.telemetry.read,
    acknowledge: () => undefined,
    relearn: () => false,
    identify: () => "configured",
    inhibit: async () => ({ kind: "refused", why: "unknown" }),
    inhibits: () => [],
    about: { version: "bench", startedUs: 0 },
  });
  let values = 0;
  const acquisition = createAcquisition({
    ...deps,
    random: systemRandom,
    dataFolder: folder,
    onReadings(batch) {
      values += batch.count;
      mirror.onReadings(batch);
      history.append(batch);
    },
    onWaveform() {
      // No waveforms here: this measures readings.
    },
    onDevice: mirror.onDevice,
  });
  acquisition.apply({ devices });
  history.registerTags(acquisition.tags);
  mirror.setPlant(
    [],
    acquisition.tags,
    devices.map(({ plan: { device: name, protocol, tags } }) => ({
      name,
      protocol,
      tags: tags.map(({ id }) => id),
      isKept: false,
    })),
  );
  acquisition.start();
  return {
    values: () => values,
    counters: deps.telemetry.read,
    async stop() {
      await acquisition.close(5000);
      await history.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One scan group with tags at the given addresses, scanned every `periodMs`. */
export function deviceOf(device: DeviceFile, addresses: readonly string[], periodMs: number): DeviceConfig {
  const path = { site: "bench", area: "a", line: "l", cell: "c", asset: device.name };
  const tags = addresses.map(
    (address, i): Tag => ({
      id: `bench/a/l/c/${device.name}/t${i}`,
      path,
      name: `t${i}`,
      device: device.name,
      protocol: device.protocol,
      address,
      unit: "1",
      scale: 1,
      offset: 0,
    }),
  );
  const groups = [{ name: "all", periodMs, tags: tags.map((_, i) => i), waveforms: [] }];
  return { device, plan: { device: device.name, protocol: device.protocol, tags, waveforms: [], groups } };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Values a second over `ms`, after `warmMs` of warming up. */
export async function rateOf(values: () => number, warmMs: number, ms: number): Promise<number> {
  await sleep(warmMs);
  const before = values();
  const start = performance.now();
  await sleep(ms);
  return ((values() - before) * 1000) / (performance.now() - start);
}
