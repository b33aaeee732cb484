import { createAlarmList } from "../core/alarm-list.ts";
import { createAlarmRate } from "../core/alarm-rate.ts";
import type { Alarm } from "../core/alarm-types.ts";
import { unreachable } from "../core/errors.ts";
import type { Health } from "../core/health.ts";
import type { Machine } from "../core/machine.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";
import type { Waveform } from "../core/waveform.ts";
import type { DeviceNews } from "../ports/driver.ts";
import type { AgentStatus, DeviceState, Plant, PlantChange } from "../ports/plant.ts";
import { createNewestReadings } from "./newest-readings.ts";

/** The newest state of everything, for the screens; written by the flows, read through the Plant port. */
export interface Mirror extends Plant {
  onReadings(batch: ReadingBatch): void;
  onWaveform(sensor: string, waveform: Waveform): void;
  onScore(score: Score): void;
  onHealth(health: Health): void;
  onAlarm(alarm: Alarm): void;
  onDevice(device: string, news: DeviceNews): void;
  /** The tables after a reload; indices that were given out stay as they are. */
  setPlant(machines: readonly Machine[], tags: readonly Tag[], devices: readonly ConfiguredDevice[]): void;
}

export interface ConfiguredDevice extends Pick<DeviceState, "name" | "protocol"> {
  /** Ids of its tags. */
  readonly tags: readonly string[];
  /** Goes on as it was: what is known of it stays. */
  readonly isKept: boolean;
}

type Known = Omit<DeviceState, "tags">;

export interface MirrorDeps {
  nowUs(): TimeUs;
  counters(): Readonly<Record<string, number>>;
  acknowledge(alarm: string, by: string): Alarm | undefined;
  relearn(machine: string, by: string): boolean;
  readonly identify: Plant["identify"];
  readonly inhibit: Plant["inhibit"];
  readonly inhibits: Plant["inhibits"];
  readonly about: Pick<AgentStatus, "version" | "startedUs">;
}

export function createMirror(deps: MirrorDeps): Mirror {
  let machines: readonly Machine[] = [];
  let tags: readonly Tag[] = [];
  const newest = createNewestReadings();
  /** [tags]: 1 where a machine shows the tag: a change of the others is told to nobody. */
  let isShown = new Uint8Array(0);
  const waveforms = new Map<string, Waveform>();
  const scores = new Map<string, Score>();
  const healths = new Map<string, Health>();
  const alarms = createAlarmList();
  const rate = createAlarmRate();
  const states = new Map<string, Known>();
  /** Of each device, the indices of its tags. */
  const tagsOf = new Map<string, readonly number[]>();
  const listeners = new Set<(change: PlantChange) => void>();

  function tell(change: PlantChange): void {
    for (const listener of listeners) listener(change);
  }

  function tagCounts(device: string): DeviceState["tags"] {
    const indices = tagsOf.get(device) ?? [];
    return { total: indices.length, good: indices.filter(newest.isGood).length };
  }

  return {
    get machines() {
      return machines;
    },
    get tags() {
      return tags;
    },
    setPlant(newMachines, newTags, devices) {
      machines = newMachines;
      tags = newTags;
      newest.grow(tags.length);
      const shown = new Set(machines.flatMap((machine) => machine.tags));
      isShown = Uint8Array.from(tags, ({ id }) => (shown.has(id) ? 1 : 0));
      const before = new Map(states);
      states.clear();
      const places = new Map(newTags.map(({ id }, i) => [id, i]));
      tagsOf.clear();
      for (const { name, protocol, isKept, tags: ids } of devices) {
        tagsOf.set(
          name,
          ids.flatMap((id) => places.get(id) ?? []),
        );
        const known = isKept ? before.get(name) : undefined;
        const stranger = { name, protocol, up: false, reason: "not tried yet", since: deps.nowUs() };
        states.set(name, known ?? stranger);
      }
    },
    onReadings(batch) {
      for (let i = 0; i < batch.count; i += 1) {
        newest.take(batch, i);
        const tag = batch.tag[i] ?? 0;
        if (listeners.size > 0 && isShown[tag] === 1) tell({ kind: "reading", tag });
      }
    },
    onWaveform: (sensor, waveform) => void waveforms.set(sensor, waveform),
    onScore(score) {
      scores.set(score.sensor, score);
      tell({ kind: "score", score });
    },
    onHealth(health) {
      healths.set(health.machine, health);
      tell({ kind: "health", health });
    },
    onAlarm(alarm) {
      if (alarms.put(alarm)) rate.count(deps.nowUs());
      tell({ kind: "alarm", alarm });
    },
    onDevice(device, news) {
      const state = states.get(device);
      if (state !== undefined) states.set(device, updated(state, news, deps.nowUs()));
    },
    newestReading: (tag) => newest.reading(tag, tags),
    newestScore: (sensor) => scores.get(sensor),
    newestWaveform: (sensor) => waveforms.get(sensor),
    health: (machine) =>
      healths.get(machine) ?? { machine, timeUs: deps.nowUs(), state: "unknown", baselineProgress: 0 },
    alarms: () => alarms.newestFirst,
    status: () => ({
      ...deps.about,
      devices: [...states.values()].map((state) => ({ ...state, tags: tagCounts(state.name) })),
      counters: deps.counters(),
      alarms: { inTenMinutes: rate.inTenMinutes(deps.nowUs()), dropped: alarms.dropped },
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    acknowledge: deps.acknowledge,
    relearn: deps.relearn,
    identify: deps.identify,
    inhibit: deps.inhibit,
    inhibits: deps.inhibits,
  };
}

function updated(state: Known, news: DeviceNews, nowUs: TimeUs): Known {
  switch (news.kind) {
    case "link": {
      const { diagnosis: _, ...rest } = state;
      const { up, reason, diagnosis } = news;
      return { ...rest, up, reason, since: nowUs, ...(diagnosis && { diagnosis }) };
    }
    case "diagnosis": {
      const { diagnosis: _, ...rest } = state;
      return { ...rest, ...(news.diagnosis && { diagnosis: news.diagnosis }) };
    }
    case "identified":
      return { ...state, fingerprint: news.fingerprint };
    case "profile":
      return { ...state, profile: news.profile };
    default:
      return unreachable(news);
  }
}
