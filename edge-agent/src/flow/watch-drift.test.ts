import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { DriftPolicy } from "../core/drift/drift-policy.ts";
import type { DriftVerdict } from "../core/drift/drift-types.ts";
import { quickPolicy } from "../core/drift/test-kit.ts";
import { EdgeError } from "../core/errors.ts";
import { createPrng } from "../core/prng.ts";
import { StatusCode } from "../core/quality.ts";
import type { Features, SensorState } from "../core/score.ts";
import type { Logger } from "../ports/logger.ts";
import type { ServedScore } from "../ports/scorer.ts";
import type { StateFile } from "../ports/state-file.ts";
import type { Heard } from "./infer.ts";
import { contractOf } from "./testing/fake-models.ts";
import { createDriftWatch } from "./watch-drift.ts";

const GAP_US = 1000;
const policy: DriftPolicy = { ...quickPolicy, leastGapMs: GAP_US / 1000 };
const { referenceWindows, blockWindows } = policy;

function createDisk(text?: string) {
  const written: string[] = [];
  const disk = {
    text,
    written,
    failure: undefined as EdgeError | undefined,
    read: () => Promise.resolve(disk.text),
    write(next: string) {
      if (disk.failure !== undefined) return Promise.reject(disk.failure);
      disk.text = next;
      written.push(next);
      return Promise.resolve();
    },
  };
  return disk satisfies StateFile;
}

interface Sound {
  readonly sensor?: string;
  readonly state?: SensorState;
  readonly gain?: number;
  readonly shift?: number;
  readonly by?: string;
  readonly windows?: number;
  readonly isLearnt?: boolean;
  readonly later?: number;
}

function start({
  disk = createDisk(),
  seed = 1,
}: {
  disk?: ReturnType<typeof createDisk>;
  seed?: number;
} = {}) {
  const clock = createManualClock();
  const log: string[] = [];
  const note = (_: object, message: string) => void log.push(message);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const verdicts: DriftVerdict[] = [];
  const confirmed: DriftVerdict[] = [];
  let champion = contractOf("one");
  const watch = createDriftWatch({
    clock,
    logger,
    policy,
    state: disk,
    saveEveryMs: 30_000,
    champion: () => champion,
    onVerdict: (verdict) => void verdicts.push(verdict),
    onConfirmed: (verdict) => void confirmed.push(verdict),
  });
  const uniform = createPrng(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  let endUs = 0;

  function score({ shift = 0, by = "one" }: Sound): ServedScore {
    const fault = 1 / (1 + Math.exp(4 + 0.3 * normal()));
    return {
      probabilities: Float32Array.of(1 - fault, fault),
      embedding: Float32Array.from({ length: 32 }, () => normal() + shift),
      spectrum: Float32Array.from({ length: 16 }, () => 0.1 * normal()),
      frame: new Float32Array(1),
      by: contractOf(by),
      role: "champion",
    };
  }

  function hear(sound: Sound = {}): void {
    const {
      sensor = "pump/de",
      state = "valid",
      gain = 1,
      windows = 1,
      isLearnt = true,
      later = GAP_US,
    } = sound;
    endUs += later;
    const heard = {
      block: {
        sensor: {
          id: sensor,
          machine: sensor.split("/")[0] ?? "",
          name: "drive end",
          waveform: 0,
          unit: "m/s2",
        },
        waveform: {
          tag: 0,
          sampleRateHz: 1000,
          firstSampleTimeUs: 0,
          sequence: 1,
          missed: 0,
          status: StatusCode.Good,
          samples: new Float32Array(1),
        },
        shaftHz: 25,
      },
      knowledge: isLearnt
        ? { kind: "learnt", band: { shaftHz: 25, rms: 1 } }
        : { kind: "learning", progress: 0.5 },
      sensorState: state,
      windows:
        state === "valid"
          ? Array.from({ length: windows }, (_, i) => ({
              frame: String(i),
              samples: new Float32Array(1),
              score: score(sound),
              augmented: [],
            }))
          : [],
      endUs,
      latencyMs: 1,
    };
    const features: Features = {
      rms: gain * Math.exp(0.02 * normal()),
      peak: 3,
      crest: 3,
      kurtosis: 3 * Math.exp(0.05 * normal()),
      skewness: 0,
      lines: [],
    };
    // The band holds more than is looked at here.
    watch.onHeard(heard as unknown as Heard, state === "valid" ? features : undefined);
  }

  function hearMany(count: number, sound: Sound = {}): void {
    for (let i = 0; i < count; i += 1) hear(sound);
  }

  return {
    watch,
    clock,
    disk,
    log,
    verdicts,
    confirmed,
    hear,
    hearMany,
    setChampion(version: string) {
      champion = contractOf(version);
    },
  };
}

type Started = ReturnType<typeof start>;

const teach = (started: Started, sound: Sound = {}) => started.hearMany(referenceWindows, sound);

describe("the watch for drift", () => {
  it("says nothing of a healthy machine and confirms a gain of x1.2 at the third block", () => {
    const started = start();
    teach(started);
    started.hearMany(4 * blockWindows);
    expect(started.verdicts.map(({ isDrift }) => isDrift)).toEqual([false, false, false, false]);
    started.hearMany(3 * blockWindows, { gain: 1.2 });
    expect(started.confirmed).toHaveLength(1);
    expect(started.confirmed[0]).toMatchObject({
      machine: "pump",
      sensor: "pump/de",
      shaftHz: 25,
      inARow: 3,
    });
    expect(started.watch.states()).toMatchObject([{ kind: "confirmed", layer: "input", warnings: 3 }]);
    expect(started.log).toEqual(["drift warning", "drift warning", "drift warning", "drift confirmed"]);
  });

  it("does not look before the baseline is learnt, at a machine at rest, too soon, or at the challenger's answers", () => {
    const started = start();
    started.hearMany(50, { isLearnt: false });
    started.hearMany(50, { gain: 0.05 });
    started.hearMany(50, { by: "two" });
    started.hear();
    started.hearMany(50, { later: 1 });
    expect(started.watch.states()).toMatchObject([{ kind: "learning", progress: 1 / referenceWindows }]);
  });

  it("takes a dead sensor for blind, not for drift", () => {
    const started = start();
    teach(started);
    started.hearMany(100, { state: "flat" });
    expect(started.watch.states()).toMatchObject([{ kind: "blind" }]);
    expect(started.verdicts).toEqual([]);
  });

  it("hears the overlapping windows of a block as one", () => {
    const started = start();
    teach(started, { windows: 3 });
    started.hearMany(3 * blockWindows, { windows: 3, shift: 4 });
    expect(started.verdicts.map(({ inARow }) => inARow)).toEqual([1, 2, 3]);
  });

  it("learns anew after a promotion, of one sensor or of all, and accepts what had drifted", () => {
    const started = start();
    for (const sensor of ["pump/de", "fan/de"]) teach(started, { sensor });
    started.hearMany(3 * blockWindows, { shift: 4 });
    started.setChampion("two");
    started.watch.rebase("pump/de");
    expect(started.watch.states().map(({ kind }) => kind)).toEqual(["learning", "stable"]);
    started.watch.rebase();
    expect(started.watch.states().map(({ kind }) => kind)).toEqual(["learning", "learning"]);
    teach(started, { by: "two", shift: 4 });
    started.hearMany(4 * blockWindows, { by: "two", shift: 4 });
    expect(started.watch.states()[0]).toMatchObject({ kind: "stable", warnings: 0 });
    expect(started.confirmed).toHaveLength(1);
  });

  it("forgets a machine whose baseline is learnt again", () => {
    const started = start();
    teach(started, { sensor: "pump/de" });
    teach(started, { sensor: "fan/de" });
    started.watch.forget("pump");
    expect(started.watch.states().map(({ machine }) => machine)).toEqual(["fan"]);
  });

  it("refuses a policy that no threshold can come from", () => {
    const { disk, clock } = start();
    const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
    expect(() =>
      createDriftWatch({
        clock,
        logger,
        policy: { ...policy, referenceWindows: 5 },
        state: disk,
        saveEveryMs: 1,
        champion: () => contractOf("one"),
        onVerdict() {},
        onConfirmed() {},
      }),
    ).toThrow(RangeError);
  });
});

describe("what the watch for drift keeps", () => {
  it("goes on after a restart in the middle of a block with the identical verdict", async () => {
    const [killed, other] = [start(), start()];
    for (const one of [killed, other]) {
      teach(one);
      one.hearMany(2 * blockWindows + 2, { shift: 4 });
    }
    await killed.watch.close();
    // The same sounds from here on: only what was learnt comes from the disk.
    const [resumed, fresh] = [start({ disk: createDisk(killed.disk.text), seed: 7 }), start({ seed: 7 })];
    await resumed.watch.restore();
    await other.watch.close();
    fresh.disk.text = other.disk.text;
    await fresh.watch.restore();
    for (const one of [resumed, fresh]) one.hearMany(blockWindows - 2, { shift: 4 });
    expect(resumed.verdicts).toHaveLength(1);
    expect(resumed.verdicts).toEqual(fresh.verdicts);
    expect(resumed.confirmed).toMatchObject([{ inARow: 3 }]);
  });

  it("is saved now and then, at once when drift is confirmed, and at the end", async () => {
    const { watch, clock, disk, hear, hearMany } = start();
    hearMany(10);
    await settled();
    expect(disk.written).toHaveLength(0);
    await clock.advance(30_000);
    hear();
    await settled();
    expect(disk.written).toHaveLength(1);
    hearMany(referenceWindows - 11 + 3 * blockWindows, { shift: 0 });
    await settled();
    expect(disk.written).toHaveLength(1);
    hearMany(3 * blockWindows, { shift: 5 });
    await settled();
    expect(disk.written).toHaveLength(2);
    await watch.close();
    await watch.close();
    expect(disk.written).toHaveLength(2);
    hear();
    await watch.close();
    expect(disk.written).toHaveLength(3);
  });

  it("is tried again later where the disk is full", async () => {
    const { watch, disk, hear, log } = start();
    disk.failure = new EdgeError("DISK_FULL", "full");
    hear();
    await watch.close();
    expect(log).toEqual(["drift references could not be saved; tried again later"]);
    disk.failure = undefined;
    await watch.close();
    expect(disk.written).toHaveLength(1);
  });

  it.each(["", "{}", "{", '{"version":1,"policy":"other","sensors":[]}'])(
    "is left behind with a warning where it cannot be read: %s",
    async (text) => {
      const { watch, log, hear } = start({ disk: createDisk(text) });
      await watch.restore();
      expect(log).toEqual(["drift references are learnt anew"]);
      hear();
      expect(watch.states()).toHaveLength(1);
    },
  );

  it("is nothing at the first start", async () => {
    const { watch, log } = start();
    await watch.restore();
    expect([log, watch.states()]).toEqual([[], []]);
  });
});

/** Lets the writes that are under way end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}
