import { describe, expect, it } from "vitest";
import { createManualClock } from "./clock/manual-clock.ts";
import { FingerError } from "./finger-error.ts";
import type { ProtocolSeen } from "./fingerprint.ts";
import { type ScanDeps, type ScanProgress, type ScanResult, scan } from "./scan.ts";
import { s7Fingerprint, unknownFingerprint } from "./testing/fingerprint.ts";

const HOST_MS = 100;
const never = new AbortController().signal;

function kit(more: Partial<ScanDeps> = {}) {
  const clock = createManualClock();
  const results: ScanResult[] = [];
  const progress: ScanProgress[] = [];
  let busy = 0;
  let busiest = 0;
  const deps: ScanDeps = {
    clock,
    async examine(host, signal) {
      busy += 1;
      busiest = Math.max(busiest, busy);
      try {
        await clock.sleep(HOST_MS, signal);
        return s7Fingerprint(host);
      } finally {
        busy -= 1;
      }
    },
    async onResult(result) {
      results.push(result);
    },
    onProgress: (one) => void progress.push(one),
    ...more,
  };
  return { clock, deps, results, progress, busiest: () => busiest };
}

const hosts = (count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${i + 1}`);

describe("a scan", () => {
  it("examines so many hosts side by side and no more, each once", async () => {
    const { clock, deps, results, busiest } = kit();
    const done = scan({ hosts: hosts(10), sideBySide: 4 }, deps, never);
    await clock.advance(3 * HOST_MS);
    expect(await done).toMatchObject({ done: 10, total: 10, found: 10, refused: 0, leftMs: 0 });
    expect(busiest()).toBe(4);
    expect(results.map(({ host }) => host).sort()).toEqual(hosts(10).sort());
  });

  it("tells how far it is and how long the rest will take", async () => {
    const { clock, deps, progress } = kit();
    const done = scan({ hosts: hosts(4), sideBySide: 2 }, deps, never);
    await clock.advance(2 * HOST_MS);
    await done;
    expect(progress.map((one) => [one.done, one.leftMs])).toEqual([
      [1, 150],
      [2, 100],
      [3, 50],
      [4, 0],
    ]);
  });

  it("knows no end before the first host is examined", async () => {
    const refuse = async () => {
      throw new FingerError("TARGET_NOT_ALLOWED", "not allowed");
    };
    const { deps, progress, results } = kit({ examine: refuse });
    expect(await scan({ hosts: hosts(2), sideBySide: 1 }, deps, never)).toMatchObject({ refused: 2 });
    expect(progress[0]?.leftMs).toBeUndefined();
    expect(results.map(({ kind }) => kind)).toEqual(["refused", "refused"]);
  });

  it("goes on where a host cannot be examined", async () => {
    const { deps, results } = kit({
      async examine(host) {
        if (host === "10.0.0.1") throw new FingerError("PLC_UNREACHABLE", "no such name");
        return s7Fingerprint(host);
      },
    });
    await scan({ hosts: hosts(2), sideBySide: 1 }, deps, never);
    expect(results[0]).toEqual({ kind: "failed", host: "10.0.0.1", message: "no such name" });
    expect(results[1]?.kind).toBe("found");
  });

  it("ends when it is told to, and takes no half examination for a result", async () => {
    const { clock, deps, results } = kit();
    const stop = new AbortController();
    const done = scan({ hosts: hosts(10), sideBySide: 2 }, deps, stop.signal);
    await clock.advance(HOST_MS + 50);
    stop.abort(new Error("stopped"));
    expect(await done).toMatchObject({ done: 2, total: 10 });
    expect(results).toHaveLength(2);
    expect(clock.waiting).toBe(0);
  });

  it("ends, every lane of it, when a result cannot be kept", async () => {
    const { clock, deps } = kit({
      async onResult() {
        throw new Error("disk full");
      },
    });
    const done = scan({ hosts: hosts(100), sideBySide: 3 }, deps, never);
    const failed = expect(done).rejects.toThrow("disk full");
    await clock.advance(HOST_MS);
    await failed;
    expect(clock.waiting).toBe(0);
  });

  it("lets a bug through", async () => {
    const { deps } = kit({
      async examine() {
        throw new TypeError("a bug");
      },
    });
    await expect(scan({ hosts: hosts(1), sideBySide: 1 }, deps, never)).rejects.toThrow("a bug");
  });
});

describe("what a scan calls a host", () => {
  const seen = (state: ProtocolSeen["state"]): ProtocolSeen => ({
    id: "s7",
    port: 102,
    state,
    hasDriver: true,
  });

  it.each([
    { states: ["filtered", "speaks"], mac: {}, kind: "found" },
    { states: ["closed", "open"], mac: {}, kind: "found" },
    { states: ["filtered", "closed"], mac: {}, kind: "closed" },
    { states: ["filtered"], mac: { mac: "00:1b:1b:00:00:01" }, kind: "closed" },
    { states: ["filtered"], mac: {}, kind: "silent" },
    { states: [], mac: {}, kind: "silent" },
  ] as const)("with ports $states and $mac is $kind", async ({ states, mac, kind }) => {
    const fingerprint = unknownFingerprint("10.0.0.1", { protocols: states.map(seen), ...mac });
    const { deps, results } = kit({ examine: async () => fingerprint });
    await scan({ hosts: ["10.0.0.1"], sideBySide: 1 }, deps, never);
    expect(results[0]?.kind).toBe(kind);
  });
});
