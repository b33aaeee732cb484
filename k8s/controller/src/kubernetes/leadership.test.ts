import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFakeLease, type Delay, type FakeLease } from "./fake-lease.ts";
import {
  createLeadership,
  type LeadershipNews,
  type LeaseLeadership,
  type LeaseTimes,
  leaseTimes,
} from "./leadership.ts";

// The default of --lease-seconds.
const USUAL_LEASE = leaseTimes(15);

interface Member {
  readonly leadership: LeaseLeadership;
  readonly news: readonly LeadershipNews[];
  /** The signal of the term that runs. */
  readonly term: () => AbortSignal | undefined;
  readonly clock: ManualClock;
  /** Lets the work of a term end. */
  finish(): void;
  stop(): Promise<void>;
}

const prompt =
  (world: ManualClock): (() => Delay) =>
  () => ({ beforeMs: 0, afterMs: 0, isLost: "no", wait: waiting(world) });

/** Time of the network, which belongs to nobody. */
const waiting = (world: ManualClock) => (ms: number) =>
  ms <= 0 ? Promise.resolve() : world.sleep(ms, new AbortController().signal);

function join(
  lease: FakeLease,
  identity: string,
  delay: () => Delay,
  clock: ManualClock,
  times: LeaseTimes = USUAL_LEASE,
): Member {
  const news: LeadershipNews[] = [];
  const stop = new AbortController();
  let term: AbortSignal | undefined;
  let finish = () => {};
  const leadership = createLeadership(
    { ...times, identity },
    { store: lease.store(delay), clock, random: () => 0.5, onNews: (one) => news.push(one) },
  );
  const running = leadership.run(
    (signal) =>
      new Promise((resolve) => {
        term = signal;
        finish = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    stop.signal,
  );
  return {
    leadership,
    news,
    clock,
    term: () => term,
    finish: () => finish(),
    stop() {
      stop.abort();
      return running;
    },
  };
}

const holds = ({ leadership }: Member): boolean => {
  try {
    leadership.confirm();
    return true;
  } catch {
    return false;
  }
};

// Slower and faster by up to a fifth: 1.2/0.8 is the 15/10 that the times allow.
const rates = fc.array(
  fc.integer({ min: 81, max: 119 }).map((percent) => percent / 100),
  { minLength: 2, maxLength: 3 },
);
const ms = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) },
  fc.integer({ min: 0, max: 20_000 }),
);
const isLost = fc.oneof(
  { weight: 6, arbitrary: fc.constant("no" as const) },
  fc.constantFrom("after" as const, "before" as const),
);
const delays = fc.array(fc.record({ beforeMs: ms, afterMs: ms, isLost }), { minLength: 1, maxLength: 30 });

/** Some of them for 100 s of bad weather and 60 s of good, each with its own clock; then all are told to stop.
 *  @returns the most that led at one moment, how many led in the end, and who held the lease after it */
async function reign(
  times: LeaseTimes,
  speeds: readonly number[],
  weather: readonly Omit<Delay, "wait">[],
): Promise<{ readonly most: number; readonly inTheEnd: number; readonly holder: string | undefined }> {
  const world = createManualClock();
  const lease = createFakeLease();
  let asked = 0;
  let isCalm = false;
  const next = (): Delay => {
    asked += 1;
    const own = isCalm ? undefined : weather[asked % weather.length];
    return { ...(own ?? { beforeMs: 0, afterMs: 0, isLost: "no" }), wait: waiting(world) };
  };
  const members = speeds.map((_, i) => join(lease, `m${i}`, next, createManualClock(), times));
  let most = 0;
  async function pass(steps: number, stepMs: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      await world.advance(stepMs);
      for (const [i, { clock }] of members.entries()) await clock.advance(stepMs * (speeds[i] ?? 1));
      most = Math.max(most, members.filter(holds).length);
    }
  }
  await pass(400, 250);
  isCalm = true;
  await pass(240, 250);
  const inTheEnd = members.filter(holds).length;
  for (const member of members) {
    const stopped = member.stop();
    await pass(4, 1000);
    await stopped;
  }
  return { most, inTheEnd, holder: lease.holder() };
}

describe("leadership by a lease", () => {
  function pair() {
    const clock = createManualClock();
    const lease = createFakeLease();
    const first = join(lease, "first", prompt(clock), clock);
    const second = () => {
      const joined = join(lease, "second", prompt(clock), clock);
      onTestFinished(joined.stop);
      return joined;
    };
    onTestFinished(first.stop);
    return { clock, lease, first, second };
  }

  it("leads at once where there is no lease, and keeps it", async () => {
    const { clock, lease, first, second } = pair();
    await clock.advance(0);
    const other = second();
    await clock.advance(120_000);
    expect([holds(first), holds(other), lease.holder()]).toEqual([true, false, "first"]);
    expect(other.news).toEqual([{ kind: "following", holder: "first" }]);
  });

  it("gives the lease back when it is told to stop, so that another one leads within seconds", async () => {
    const { clock, lease, first, second } = pair();
    await clock.advance(0);
    const other = second();
    await clock.advance(5000);
    await first.stop();
    expect([holds(first), lease.holder(), first.term()?.aborted]).toEqual([false, "", true]);
    await clock.advance(3000);
    expect([holds(other), lease.holder()]).toEqual([true, "second"]);
  });

  it("is not leader any more when its renewals failed for 10 s, and says so before anybody else can lead", async () => {
    const clock = createManualClock();
    const lease = createFakeLease();
    let isCut = false;
    const cut = (): Delay => ({
      beforeMs: isCut ? 1e9 : 0,
      afterMs: 0,
      isLost: "no",
      wait: waiting(clock),
    });
    const first = join(lease, "first", cut, clock);
    await clock.advance(4000);
    const other = join(lease, "second", prompt(clock), clock);
    await clock.advance(0);
    isCut = true;
    let both = 0;
    for (let i = 0; i < 300; i += 1) {
      await clock.advance(100);
      if (holds(first) && holds(other)) both += 1;
      if (holds(other)) expect(first.term()?.aborted).toBe(true);
    }
    expect([both, holds(first), holds(other)]).toEqual([0, false, true]);
    expect(first.news).toContainEqual({ kind: "lost", why: "it was not renewed for 10 s" });
    isCut = false;
    await Promise.race([Promise.all([first.stop(), other.stop()]), clock.advance(60_000)]);
  });

  it("waits for a term's work to end before it leads again", async () => {
    const { clock, first } = pair();
    await clock.advance(0);
    const term = first.term();
    first.finish();
    await clock.advance(5000);
    expect(term?.aborted).toBe(true);
    expect(first.term()).not.toBe(term);
    expect(holds(first)).toBe(true);
  });

  it("goes on when somebody labels the lease", async () => {
    const { clock, lease, first } = pair();
    await clock.advance(3000);
    lease.touch();
    await clock.advance(30_000);
    expect(holds(first)).toBe(true);
    expect(first.news).toEqual([{ kind: "leading" }]);
  });

  it("has one leader at most, whatever is late or lost, and whose clock runs how fast", async () => {
    const property = fc.asyncProperty(rates, delays, async (...weather) => {
      const { most, inTheEnd, holder } = await reign(USUAL_LEASE, ...weather);
      expect([most <= 1, inTheEnd, holder]).toEqual([true, 1, ""]);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it("would have two with times that are the wrong way round, and this test would see them", async () => {
    const wrong = { leaseMs: 10_000, renewMs: 15_000, retryMs: 2000 };
    const property = fc.asyncProperty(rates, delays, async (...weather) => {
      const { most } = await reign(wrong, ...weather);
      return most <= 1;
    });
    expect((await fc.check(property, { numRuns: 25, seed: 11, endOnFailure: true })).failed).toBe(true);
  });
});

describe("the times of a lease", () => {
  it("are those of client-go by default", () => {
    expect(USUAL_LEASE).toEqual({ leaseMs: 15_000, renewMs: 10_000, retryMs: 2000 });
  });

  it.each([5, 7, 60, 600])(
    "of %i s leave room for several tries before the leader stops, and then for it to stop",
    (seconds) => {
      const { leaseMs, renewMs, retryMs } = leaseTimes(seconds);
      expect(leaseMs).toBe(seconds * 1000);
      expect(renewMs / retryMs).toBeGreaterThanOrEqual(4);
      expect(leaseMs / renewMs).toBeGreaterThanOrEqual(1.5);
      expect([renewMs, retryMs].every(Number.isInteger)).toBe(true);
    },
  );
});
