// What the tests of this folder share.
import type { Random } from "../../../ports/random.ts";
import { type OutboxOptions, outboxOptions } from "./options.ts";
import type { ConnectOutbox } from "./outbox.ts";
import { createOutboxServer } from "./server.ts";
import type { OutboxSettings } from "./store-types.ts";

export const outboxSettings = (file: string, more: Partial<OutboxSettings> = {}): OutboxSettings => ({
  file,
  node: "press 7",
  isNewRun: true,
  seed: "seed",
  maxBytes: 64 * 2 ** 20,
  pageBytes: 4096,
  maxAgeMs: 7 * 86_400_000,
  minFreeBytes: 0,
  policy: outboxOptions.parse({ file }).policy,
  ...more,
});

export const outboxOptionsFor = (file: string, more: Partial<OutboxOptions> = {}): OutboxOptions => ({
  ...outboxOptions.parse({ file, maxBytes: 64 * 2 ** 20, minFreeBytes: 0 }),
  ...more,
});

/** Chance that is the same in every run. */
export function steadyRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The worker's work done in the test's own thread, so that time stands still meanwhile. */
export const outboxInProcess: ConnectOutbox = (settings) => {
  const server = createOutboxServer(settings);
  return { ask: async (request) => structuredClone(server.handle(request)), end: async () => undefined };
};
