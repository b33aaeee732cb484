import type { Clock } from "@stethos/protocol-finger/clock";
import type { Logger } from "../../../ports/logger.ts";

/** Listens to the births under this node's own name: one that this sink did not send comes from a second node of the same
 *  group and id, and the two would throw each other out for ever. */
export interface BirthWatch {
  /** This one is ours. */
  expect(payload: Uint8Array): void;
  hear(payload: Uint8Array): void;
}

/** Ours that may still come back, also after a new connection. */
const MOST_EXPECTED = 16;
const QUIET_MS = 60_000;

export function createBirthWatch(topic: string, clock: Clock, logger: Logger): BirthWatch {
  const ours: Buffer[] = [];
  let foreign = 0;
  let toldMs = Number.NEGATIVE_INFINITY;
  return {
    expect(payload) {
      ours.push(Buffer.from(payload));
      if (ours.length > MOST_EXPECTED) ours.shift();
    },
    hear(payload) {
      if (ours.some((own) => own.equals(payload))) return;
      foreign += 1;
      if (clock.monotonicMs() - toldMs < QUIET_MS) return;
      toldMs = clock.monotonicMs();
      logger.warn(
        { topic, foreign },
        "another Sparkplug edge node has this group and id; give one of them another",
      );
    },
  };
}
