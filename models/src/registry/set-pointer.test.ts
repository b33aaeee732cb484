import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { testKey } from "../testing/index.ts";
import { createRegistry } from "./create-registry.ts";
import type { ObjectStore, PutCondition } from "./object-store.ts";

const signal = AbortSignal.timeout(60_000);
const clock = createSystemClock();
const key = testKey();
const nowMs = Date.parse("2026-06-01T00:00:00Z");
const wanted = {
  name: "listener",
  channel: "stable",
  version: "1.0.0",
  manifestSha256: "a".repeat(64),
  notBefore: "2026-01-01T00:00:00Z",
  expires: "2027-01-01T00:00:00Z",
  isRollback: false,
};

interface Stored {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modifiedMs: number;
}

/** A server that checks a condition and, some time later, writes: what versitygw and SeaweedFS were reported to do.
 *  @param delaysMs between check and write, in turn */
function checkThenWrite(says: { ifAbsent: boolean; ifMatch: boolean }, delaysMs: readonly number[]) {
  const objects = new Map<string, Stored>();
  let puts = 0;
  const holds = (condition: PutCondition, there: Stored | undefined) =>
    condition === "none" ||
    ("ifAbsent" in condition ? there === undefined : there?.etag === condition.ifMatch);
  const store: ObjectStore = {
    name: "check then write",
    settleMs: 200,
    nowMs: async () => clock.nowUs() / 1000,
    conditions: async () => says,
    async head(at) {
      const there = objects.get(at);
      return there && { ...there, bytes: there.bytes.length };
    },
    async get(at) {
      const there = objects.get(at);
      async function* chunks() {
        if (there !== undefined) yield there.bytes;
      }
      return there && { ...there, bytes: there.bytes.length, chunks: chunks() };
    },
    async put(at, bytes, condition) {
      puts += 1;
      const mine = puts;
      if (!holds(condition, objects.get(at))) return "conflict";
      await clock.sleep(delaysMs[mine % delaysMs.length] ?? 0, signal);
      objects.set(at, { bytes, etag: `"${mine}"`, modifiedMs: clock.nowUs() / 1000 });
      return "written";
    },
    async *list(prefix) {
      for (const [at, { bytes, ...head }] of objects) {
        if (at.startsWith(prefix)) yield { key: at, ...head, bytes: bytes.length };
      }
    },
    async delete(at) {
      objects.delete(at);
    },
  };
  return { store, objects };
}

describe("a channel in a store that checks first and writes later", () => {
  it.each([
    ["honours conditions, as far as anybody saw", { ifAbsent: true, ifMatch: true }],
    ["ignores them", { ifAbsent: false, ifMatch: false }],
  ])("which %s has one winner of fifty writers", async (_, says) => {
    const { store } = checkThenWrite(says, [0, 40, 5, 90, 20]);
    const registry = createRegistry(store, { clock });
    for (const after of [0, 1]) {
      const ends = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) =>
          registry.setPointer(
            { ...wanted, after, manifestSha256: String(index).padStart(64, "0") },
            key.signer,
            key.trust,
            nowMs,
            signal,
          ),
        ),
      );
      const won = ends.filter((end) => end.status === "fulfilled").map(({ value }) => value);
      const lost = ends.filter((end) => end.status === "rejected").map(({ reason }) => reason.code);
      expect(won).toHaveLength(1);
      expect(new Set(lost)).toEqual(new Set(["REGISTRY_CONFLICT"]));
      expect(await registry.pointer("listener", "stable", key.trust, nowMs, signal)).toEqual(won[0]);
      // Claims of whole seconds: the next one begins after this one has settled.
      await clock.sleep(1300, signal);
    }
  });

  it("shows nobody a claim before it has settled, and refuses to build upon it", async () => {
    const { store } = checkThenWrite({ ifAbsent: false, ifMatch: false }, [0]);
    const registry = createRegistry({ ...store, settleMs: 5000 }, { clock });
    const crashed = new AbortController();
    const setting = registry.setPointer(wanted, key.signer, key.trust, nowMs, crashed.signal);
    const failed = expect(setting).rejects.toThrow("killed");
    await clock.sleep(300, signal);
    crashed.abort(new Error("killed"));
    await failed;
    expect(await registry.pointer("listener", "stable", key.trust, nowMs, signal)).toBeUndefined();
    await expect(registry.setPointer(wanted, key.signer, key.trust, nowMs, signal)).rejects.toMatchObject({
      code: "REGISTRY_CONFLICT",
    });
    // The claim of a writer that died counts all the same, once it has settled.
    const later = createRegistry({ ...store, settleMs: 0 }, { clock });
    expect(await later.pointer("listener", "stable", key.trust, nowMs, signal)).toMatchObject({
      sequence: 1,
    });
  });

  it("refuses an upload that took longer than others wait", async () => {
    const { store, objects } = checkThenWrite({ ifAbsent: false, ifMatch: false }, [400]);
    const registry = createRegistry(store, { clock });
    await expect(registry.setPointer(wanted, key.signer, key.trust, nowMs, signal)).rejects.toMatchObject({
      code: "REGISTRY_CONFLICT",
    });
    expect(objects.size).toBe(0);
  });

  it("gives up on a store whose clock stands still", async () => {
    const { store } = checkThenWrite({ ifAbsent: true, ifMatch: true }, [0]);
    const stopped = createRegistry({ ...store, settleMs: 1, nowMs: async () => 0 }, { clock });
    await expect(stopped.setPointer(wanted, key.signer, key.trust, nowMs, signal)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining("did not move"),
    });
  });
});
