import { createSystemClock } from "@stethos/protocol-finger/clock";
import type { Language } from "@stethos/protocol-finger/diagnosis";
import { deviceDto } from "../../adapters/http-api/device-dto.ts";
import { createCounters } from "../../adapters/node/counters.ts";
import { createLogger } from "../../adapters/node/logger.ts";
import { systemRandom } from "../../adapters/node/random.ts";
import { createAcquisition } from "../../compose/acquisition.ts";
import type { AgentConfig } from "../../config.ts";
import type { DeviceDto } from "../../core/feed.ts";
import { createMirror } from "../../flow/mirror.ts";

export interface TrialOptions {
  readonly lang: Language;
  readonly seconds: number;
  readonly isTerminal: boolean;
  /** Told how far it is, a line each. */
  readonly onProgress: (text: string) => void;
}

const CLOSE_MS = 5000;

/** Tries every device of a configuration until it has given a value or said that it will not. */
export async function devicesOfConfig(
  config: AgentConfig,
  { lang, seconds, isTerminal, onProgress }: TrialOptions,
  signal: AbortSignal,
): Promise<readonly DeviceDto[]> {
  const clock = createSystemClock();
  const count = config.devices.length;
  const settled = createSettled(
    config.devices.map(({ plan }) => plan.device),
    (device, done) => onProgress(`${device} has been tried (${done} of ${count})`),
  );
  const counters = createCounters();
  const mirror = createMirror({
    nowUs: clock.nowUs,
    counters: counters.read,
    acknowledge: () => undefined,
    relearn: () => false,
    identify: () => "unknown",
    inhibit: async () => ({ kind: "refused", why: "unknown" }),
    inhibits: () => [],
    about: { version: "", startedUs: clock.nowUs() },
  });
  const acquisition = createAcquisition({
    clock,
    random: systemRandom,
    // What goes wrong is what this command tells at its end.
    logger: createLogger("error", isTerminal),
    telemetry: counters,
    dataFolder: config.dataFolder,
    onReadings(batch) {
      mirror.onReadings(batch);
      const tag = acquisition.tags[batch.tag[0] ?? -1];
      if (tag !== undefined) settled.add(tag.device);
    },
    onWaveform: (waveform) => settled.add(acquisition.deviceOf(waveform.tag)),
    onDevice(device, news) {
      mirror.onDevice(device, news);
      if (news.kind === "link" && !news.up) settled.add(device);
    },
  });
  acquisition.apply(config);
  const devices = config.devices.map(({ plan: { device: name, protocol, tags } }) => ({
    name,
    protocol,
    tags: tags.map(({ id }) => id),
    isKept: false,
  }));
  mirror.setPlant([], acquisition.tags, devices);
  const limit = clock.deadline(seconds * 1000, signal);
  onProgress(`trying ${count} ${count === 1 ? "device" : "devices"}, ${seconds} s at most`);
  acquisition.start();
  await settled.all(limit.signal);
  limit.dispose();
  await acquisition.close(CLOSE_MS);
  return mirror.status().devices.map((device) => deviceDto(device, lang));
}

/** Which devices have shown whether they can be read. */
function createSettled(devices: readonly string[], onSettled: (device: string, done: number) => void) {
  const open = new Set(devices);
  const done = Promise.withResolvers<void>();
  const check = () => {
    if (open.size === 0) done.resolve();
  };
  check();
  return {
    add(device: string): void {
      if (open.delete(device)) onSettled(device, devices.length - open.size);
      check();
    },
    /** Until all have, or `signal` aborts. */
    async all(signal: AbortSignal): Promise<void> {
      const onAbort = () => done.resolve();
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      await done.promise;
      signal.removeEventListener("abort", onAbort);
    },
  };
}
