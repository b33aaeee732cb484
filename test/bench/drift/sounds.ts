import type { Observation, Observer } from "../../../edge-agent/src/core/drift/observation.ts";
import { createRandom } from "../../plant/random.ts";
import { healthyFrameOf, type Listener } from "./listener.ts";
import { type Change, changes, createMachine } from "./machine.ts";

/** What the model made of one simulated machine: once healthy, once after each change. */
export interface MachineSounds {
  readonly heard: Readonly<Record<Change, readonly Observation[]>>;
}

const BASELINE_WINDOWS = 20;

export async function listenTo(
  listener: Listener,
  observer: Observer,
  seed: number,
  healthyWindows: number,
  changedWindows: number,
): Promise<MachineSounds> {
  const machine = createMachine(seed);
  const commissioning = Array.from({ length: BASELINE_WINDOWS }, () => machine.next("healthy"));
  const healthyFrame = await healthyFrameOf(listener, commissioning, machine.shaftHz);
  const hear = async (change: Change, count: number): Promise<Observation[]> => {
    const seen: Observation[] = [];
    for (let i = 0; i < count; i += 1) {
      const sound = await listener.hear(machine.next(change), machine.shaftHz, healthyFrame);
      seen.push(copyOf(observer.observe(sound, sound.features)));
    }
    return seen;
  };
  const healthy = await hear("healthy", healthyWindows);
  const heard: Record<Change, readonly Observation[]> = {
    healthy,
    load: [],
    gain: [],
    noise: [],
    resonance: [],
  };
  for (const change of changes) heard[change] = await hear(change, changedWindows);
  return { heard };
}

/** An observer's arrays are its own. */
export function copyOf(seen: Observation | undefined): Observation {
  if (seen === undefined) throw new TypeError("the model answered with no number");
  return { input: seen.input.slice(), embedding: seen.embedding.slice(), output: seen.output.slice() };
}

/** Days on end out of the windows that were heard: runs of `run` neighbours from anywhere, so that what goes up and down
 *  from window to window, and from hour to hour, does so still (moving blocks; H. R. Kuensch, Ann. Stat. 17, 1989). */
export function* resample(
  windows: readonly Observation[],
  run: number,
  seed: number,
): Generator<Observation, never> {
  const random = createRandom(seed);
  for (;;) {
    const start = Math.floor(random.uniform() * (windows.length - run + 1));
    yield* windows.slice(start, start + run);
  }
}
