import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isUsable, StatusCode } from "../../edge-agent/src/core/quality.ts";
import type { Tag } from "../../edge-agent/src/core/tag.ts";
import type {
  Driver,
  DriverDeps,
  DriverEvent,
  ScanPlan,
  WaveformSource,
} from "../../edge-agent/src/ports/driver.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";

/** A real server of a protocol, as the contract needs it. */
export interface Peer {
  /** Two REAL tags (a, b) and one that the server does not have. */
  readonly addresses: { readonly a: string; readonly b: string; readonly missing: string };
  readonly waveform: { readonly samples: string; readonly sequence: string };
  set(values: { readonly a: number; readonly b: number }): void;
  setBlock(samples: readonly number[], sequence: number): void;
  /** Connections or sessions that clients hold. */
  clients(): number;
  stop(): Promise<void>;
}

export interface DriverSubject {
  readonly protocol: Tag["protocol"];
  /** @param previous when given, the new peer takes its place: same address for clients */
  startPeer(previous?: Peer): Promise<Peer>;
  createDriver(plan: ScanPlan, peer: Peer, deps: DriverDeps): Promise<Driver>;
  /** Why the peer cannot count its clients, where it cannot. */
  readonly cannotCount?: string;
}

const SAMPLES = 600;
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

function planFor(protocol: Tag["protocol"], peer: Peer): ScanPlan {
  const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
  const tag = (name: string, address: string): Tag => ({
    id: `s/a/l/c/m/${name}`,
    path,
    name,
    device: "peer",
    protocol,
    address,
    unit: "1",
    scale: 1,
    offset: 0,
  });
  const { addresses, waveform } = peer;
  const source: WaveformSource = {
    ...tag("vibration", waveform.samples),
    sampleRateHz: 1000,
    samples: SAMPLES,
    sequenceAddress: waveform.sequence,
  };
  return {
    device: "peer",
    protocol,
    tags: [tag("a", addresses.a), tag("b", addresses.b), tag("missing", addresses.missing)],
    waveforms: [source],
    groups: [{ name: "all", periodMs: 50, tags: [0, 1, 2], waveforms: [0] }],
  };
}

/** What has been seen of a running driver; waits are bounded by the test's own timeout. */
function watch(driver: Driver) {
  const events: DriverEvent[] = [];
  const controller = new AbortController();
  let wake = () => {};
  const done = (async () => {
    for await (const event of driver.events(controller.signal)) {
      events.push(event);
      wake();
    }
  })();
  async function until<T>(find: (seen: readonly DriverEvent[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(events);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  /** Newest value and status of a tag among the events from `from` on. */
  const newest = (tag: number, from = 0) => {
    for (let e = events.length - 1; e >= from; e -= 1) {
      const event = events[e];
      if (event?.kind !== "batch") continue;
      for (let i = event.batch.count - 1; i >= 0; i -= 1) {
        if (event.batch.tag[i] === tag)
          return { value: event.batch.value[i], status: event.batch.status[i] ?? -1 };
      }
    }
    return undefined;
  };
  return {
    events,
    until,
    newest,
    value: (tag: number, wanted: number) =>
      until(() => (newest(tag)?.value === wanted ? newest(tag) : undefined)),
    link: (up: boolean, from = 0) =>
      until((seen) => seen.slice(from).find((event) => event.kind === "link" && event.up === up)),
    async stop() {
      controller.abort(new DOMException("stop", "AbortError"));
      await done;
    },
  };
}

/** What every driver promises, against a real server of its protocol. */
export function driverContract(name: string, subject: DriverSubject): void {
  describe(`driver contract: ${name}`, () => {
    let peer: Peer;
    let running: ReturnType<typeof watch> | undefined;
    const deps: DriverDeps = { clock: createSystemClock(), logger: quiet, random: () => 0 };

    const start = async () => {
      running = watch(await subject.createDriver(planFor(subject.protocol, peer), peer, deps));
      return running;
    };

    beforeEach(async () => {
      peer = await subject.startPeer();
      peer.set({ a: 1.5, b: -2.25 });
      peer.setBlock(
        Array.from({ length: SAMPLES }, (_, i) => i % 100),
        7,
      );
    });

    afterEach(async () => {
      await running?.stop();
      running = undefined;
      await peer.stop();
    });

    it("says that it is connected before it gives good values", async () => {
      const driver = await start();
      await driver.value(0, 1.5);
      await driver.value(1, -2.25);
      expect(driver.events[0]).toMatchObject({ kind: "link", up: true });
      expect(driver.newest(0)?.status).toBe(StatusCode.Good);
    });

    it("follows changes", async () => {
      const driver = await start();
      await driver.value(0, 1.5);
      peer.set({ a: 42, b: 7 });
      await driver.value(0, 42);
      await driver.value(1, 7);
    });

    it("gives a tag that the device does not have as a bad row, without a value, beside good ones", async () => {
      const driver = await start();
      const missing = await driver.until(() => driver.newest(2));
      expect(isUsable(missing.status)).toBe(false);
      expect(missing.value).toBeNaN();
      await driver.value(0, 1.5);
      expect(driver.events.filter((event) => event.kind === "link" && !event.up)).toEqual([]);
    });

    it("gives each new block of a waveform once, whole, with its count", async () => {
      const driver = await start();
      const blocks = () =>
        driver.events.flatMap((event) => (event.kind === "waveform" ? [event.waveform] : []));
      await driver.until(() => blocks()[0]);
      peer.setBlock(
        Array.from({ length: SAMPLES }, (_, i) => -i),
        10,
      );
      await driver.until(() => blocks().find((block) => block.sequence === 10));
      const [first, second, ...more] = blocks();
      expect(more).toEqual([]);
      expect([first?.sequence, first?.missed, first?.samples.length]).toEqual([7, 0, SAMPLES]);
      expect(first?.samples[599]).toBe(99);
      expect([second?.sequence, second?.missed, second?.samples[599]]).toEqual([10, 2, -599]);
    });

    it("marks every tag bad when the device is lost, and comes back with it", async () => {
      const driver = await start();
      await driver.value(0, 1.5);
      await peer.stop();
      await driver.link(false);
      const lostAt = driver.events.length;
      await driver.until(
        () => [0, 1, 2].every((tag) => !isUsable(driver.newest(tag)?.status ?? 0)) || undefined,
      );
      peer = await subject.startPeer(peer);
      peer.set({ a: 3, b: 4 });
      await driver.link(true, lostAt);
      await driver.value(0, 3);
    });

    it("says at once that nobody is there, marks the tags bad, and goes on trying", async () => {
      await peer.stop();
      const driver = await start();
      await driver.link(false);
      await driver.until(() => driver.newest(0));
      expect(driver.newest(0)?.status).toBe(StatusCode.BadNotConnected);
      peer = await subject.startPeer(peer);
      peer.set({ a: 9, b: 9 });
      await driver.value(0, 9);
    });

    it("leaves no connection behind when it is told to stop", async () => {
      const driver = await start();
      await driver.value(0, 1.5);
      await driver.stop();
      running = undefined;
      if (subject.cannotCount === undefined)
        await expect.poll(() => peer.clients(), { timeout: 5000 }).toBe(0);
      else expect(subject.cannotCount).not.toBe("");
    });
  });
}
