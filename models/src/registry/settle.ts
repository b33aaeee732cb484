import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import type { ObjectStore } from "./object-store.ts";

// A store whose clock stands still, or is read through a cache, must not hold anybody for ever.
const MOST_LOOKS = 30;

/** Waits until no write of before can come to light any more under or over that of `key`.
 *  @throws ModelError REGISTRY_UNREACHABLE where the store's clock does not get there */
export async function awaitSettled(
  store: ObjectStore,
  key: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { settleMs } = store;
  if (settleMs === undefined) return;
  const written = await store.head(key, signal);
  if (written === undefined) return;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const nowMs = (await store.nowMs?.(signal)) ?? clock.nowUs() / 1000;
    const leftMs = written.modifiedMs + settleMs - nowMs;
    if (leftMs <= 0) return;
    await clock.sleep(Math.min(leftMs, settleMs) + 20, signal);
  }
  throw new ModelError(
    "REGISTRY_UNREACHABLE",
    `the clock of ${store.name} did not move within ${MOST_LOOKS} looks; whether ${key} stands is not known: look at it`,
  );
}
