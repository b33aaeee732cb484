import { setTimeout as sleep } from "node:timers/promises";
import { drawFrame } from "../../edge-agent/src/core/rollout/route.ts";
import type { LearntBand } from "../../edge-agent/src/core/speed-band.ts";
import type { Heard } from "../../edge-agent/src/flow/infer.ts";
import type { RollOut } from "../../edge-agent/src/flow/roll-out.ts";
import type { ModelContract, Route, ScorePair, ServedScore } from "../../edge-agent/src/ports/scorer.ts";
import { START_US } from "./events.ts";
import { type FakeServer, rawOf } from "./fakes.ts";

const band: LearntBand = {
  kind: "learnt",
  shaftHz: 25,
  windows: 20,
  healthyFrame: Float32Array.of(0, 0),
  spectrum: { mean: Float64Array.of(0, 0), precision: Float64Array.of(1, 0, 0, 1) },
  spectrumLimit: 1,
  rms: 1,
  rmsLimit: 2,
};

/** A window of a healthy sensor, with what both models said of it. */
export function heardPair(
  number: number,
  by: { readonly champion: ModelContract; readonly challenger: ModelContract },
  says: { readonly champion: number; readonly challenger: number | { readonly failure: string } },
  acted: ScorePair["acted"],
): Heard {
  const { challenger } = says;
  const pair: ScorePair = {
    champion: { raw: rawOf(says.champion), by: by.champion, ms: 5 },
    challenger:
      typeof challenger === "number" ? { raw: rawOf(challenger), by: by.challenger, ms: 5 } : challenger,
    first: number % 2 === 0 ? "champion" : "challenger",
    acted,
  };
  const score: ServedScore = {
    ...rawOf(says.champion),
    by: by.champion,
    role: "champion",
    pair: Promise.resolve(pair),
  };
  const endUs = START_US + number * 1e6;
  return {
    block: {
      sensor: { id: "s1", machine: "m1", name: "drive end", waveform: 0, unit: "m/s2" },
      waveform: {
        tag: 0,
        sampleRateHz: 12_000,
        firstSampleTimeUs: endUs - 1e6,
        sequence: number,
        missed: 0,
        status: 0,
        samples: new Float32Array(4),
      },
      shaftHz: 25,
    },
    knowledge: { kind: "learnt", band },
    sensorState: "valid",
    windows: [{ frame: frameId(number), samples: new Float32Array(4), score, augmented: [] }],
    endUs,
    latencyMs: 1,
  };
}

const frameId = (number: number): string => `s1|${number}|0`;

/** Both models hear all frames; whose verdict counts is drawn as the server draws. */
const actorOf = ({ kind, share, trial }: Route, frame: string): ScorePair["acted"] =>
  kind === "canary" && drawFrame(trial, frame).position < share ? "challenger" : "champion";

interface Feeding {
  readonly rollOut: RollOut;
  readonly server: FakeServer;
  /** Whether the challenger is right where it disagrees. */
  readonly isGood: boolean;
  readonly limit: AbortSignal;
}

// Every so manyth frame the challenger alone hears a fault.
const DISAGREES_EVERY = 8;

/** Plays the machines, the models and the operator until a trial has ended. */
export async function feedFrames({ rollOut, server, isGood, limit }: Feeding): Promise<void> {
  // A number of its own for each life of the process: a frame is heard once.
  let number = Math.round(performance.timeOrigin * 10);
  while (rollOut.report().trial !== undefined || rollOut.report().outcomes.length === 0) {
    limit.throwIfAborted();
    await sleep(1);
    const { challenger, champion, route } = server;
    if (challenger === undefined || route === undefined) continue;
    for (let i = 0; i < 8; i += 1) {
      number += 1;
      const isSplit = number % DISAGREES_EVERY === 0;
      const acted = actorOf(route, frameId(number));
      const by = { champion: champion.contract, challenger: challenger.contract };
      rollOut.onHeard(
        heardPair(number, by, { champion: 0.1, challenger: isSplit ? 0.9 : 0.1 }, acted),
        undefined,
      );
      rollOut.onInference(acted, true, 1);
    }
    await sleep(0);
    const [open] = rollOut.disagreements(50).filter(({ label }) => label === undefined);
    if (open !== undefined)
      await rollOut.label(open.frame, isGood ? "real" : "false", "Ann", undefined, limit);
  }
}
