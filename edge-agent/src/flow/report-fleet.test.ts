import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { aLogger } from "../adapters/field-store/test-kit.ts";
import { EdgeError } from "../core/errors.ts";
import type { FleetReport } from "../core/fleet-report.ts";
import { fleetNewsOf } from "../core/fleet-report-of.ts";
import { initialState, type RolloutState } from "../core/rollout/rollout-state.ts";
import type { ReportPlace } from "../ports/fleet.ts";
import type { StateFile } from "../ports/state-file.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createReportFleet, defaultReportPolicy } from "./report-fleet.ts";

const model = { name: "listener", version: "0.1.0", digest: "1".repeat(64), sequence: 1 };
const device = { node: "node-1", site: "hall-7", agentVersion: "0.1.0", model: "listener" };

let clock: ManualClock;
let logger: ReturnType<typeof aLogger>;
let put: FleetReport[];
let events: TelemetryEvent[];
let text: string | undefined;
let state: RolloutState;
let trouble: Error | undefined;
/** Neither answers nor fails, but ends when it is told to. */
let isSilent: boolean;
let listeners: Set<() => void>;

beforeEach(() => {
  clock = createManualClock();
  logger = aLogger();
  put = [];
  events = [];
  text = undefined;
  state = initialState(model, clock.nowUs());
  trouble = undefined;
  isSilent = false;
  listeners = new Set();
});

const place: ReportPlace = {
  name: "the store",
  async put(body, signal) {
    if (isSilent)
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    if (trouble !== undefined) throw trouble;
    put.push(JSON.parse(Buffer.from(body).toString()));
  },
};

const memory: StateFile = {
  read: async () => text,
  write: async (next) => {
    text = next;
  },
};

/** Reports while the test goes on. */
async function start(sequence: StateFile = memory) {
  const reporter = await createReportFleet(defaultReportPolicy, {
    news: () => fleetNewsOf(device, state, { driftConfirmed: 0, registryFailure: "" }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    seal: async (report) => Buffer.from(JSON.stringify(report)),
    place,
    sequence,
    clock,
    random: () => 0.5,
    logger,
    telemetry: { emit: (event) => void events.push(event) },
  });
  const end = new AbortController();
  const running = reporter.run(end.signal);
  await clock.advance(0);
  return {
    async stop() {
      end.abort();
      await running;
    },
  };
}

async function change(next: Partial<RolloutState>): Promise<void> {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
  await clock.advance(0);
}

const sequences = () => put.map(({ sequence }) => sequence);
const warnings = () => logger.lines.filter((line) => line.startsWith("warn"));

describe("reports to the fleet", () => {
  it("begin with how things are", async () => {
    const reporter = await start();
    expect(put).toEqual([
      expect.objectContaining({
        ...device,
        schemaVersion: 1,
        champion: expect.objectContaining({ version: "0.1.0", digest: model.digest }),
      }),
    ]);
    await reporter.stop();
    expect(clock.waiting).toBe(0);
    expect(listeners.size).toBe(0);
  });

  it("are sent when something changed, and as a sign of life", async () => {
    const reporter = await start();
    await clock.advance(6000);
    await change({});
    expect(put).toHaveLength(1);
    await change({ degradedSinceUs: clock.nowUs() });
    expect(put.at(-1)?.isDegraded).toBe(true);
    await clock.advance(200_000);
    expect(put).toHaveLength(2);
    await clock.advance(100_000);
    expect(put).toHaveLength(3);
    await reporter.stop();
  });

  it("come no closer together than they may, the last of them with how things are then", async () => {
    const reporter = await start();
    for (let i = 1; i <= 40; i += 1) {
      await change({ rejected: [String(i % 10).repeat(64)], trials: i });
      await clock.advance(250);
    }
    await clock.advance(5000);
    expect(put.length).toBeLessThanOrEqual(4);
    expect(put.at(-1)?.rejected).toEqual(state.rejected);
    await reporter.stop();
  });

  it("wait while the store is away, and then tell only how things are now", async () => {
    const reporter = await start();
    await clock.advance(5000);
    trouble = new EdgeError("REGISTRY_UNREACHABLE", "nobody answers");
    await change({ rejected: ["2".repeat(64)] });
    await change({ rejected: ["3".repeat(64)] });
    await clock.advance(600_000);
    expect(put).toHaveLength(1);
    expect(warnings()).toHaveLength(1);
    const failed = events.filter((event) => event.kind === "fleet-report" && !event.isSent);
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.length).toBeLessThan(15);
    trouble = undefined;
    await clock.advance(300_000);
    expect(put[1]?.rejected).toEqual(["3".repeat(64)]);
    expect(put[1]?.sequence).toBeGreaterThan((put[0]?.sequence ?? 0) + 1);
    await reporter.stop();
  });

  it("are given up after a while where the store is silent, and tried again", async () => {
    isSilent = true;
    const reporter = await start();
    await clock.advance(31_000);
    expect(events).toEqual([{ kind: "fleet-report", isSent: false }]);
    isSilent = false;
    await clock.advance(10_000);
    expect(put).toHaveLength(1);
    await reporter.stop();
  });

  it("end at once while the store is silent", async () => {
    isSilent = true;
    const reporter = await start();
    await reporter.stop();
    expect(put).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  it("survive whatever the disk and the agent do", async () => {
    let isFull = true;
    const reporter = await start({
      read: memory.read,
      write: async (next) => {
        if (isFull) throw new EdgeError("DISK_FULL", "no space");
        await memory.write(next);
      },
    });
    expect(put).toEqual([]);
    isFull = false;
    await clock.advance(10_000);
    expect(put).toHaveLength(1);
    await reporter.stop();
  });
});

describe("the numbers of reports", () => {
  it("go on after a restart, also after one that came between the disk and the store", async () => {
    await (await start()).stop();
    trouble = new EdgeError("REGISTRY_UNREACHABLE", "killed");
    await (await start()).stop();
    trouble = undefined;
    await (await start()).stop();
    expect(sequences()[1]).toBe((sequences()[0] ?? 0) + 2);
  });

  it.each(["", "abc", "-1", "1.5", "99999999999999999999"])(
    "go on from the clock when %j is all there is",
    async (kept) => {
      text = kept;
      await (await start()).stop();
      expect(sequences()).toEqual([clock.nowUs() / 1000]);
      expect(warnings()).toHaveLength(1);
    },
  );

  it("go on from the clock when the file is lost, beyond all that were given", async () => {
    await (await start()).stop();
    text = undefined;
    await clock.advance(5000);
    await (await start()).stop();
    expect(sequences()[1]).toBeGreaterThan(sequences()[0] ?? 0);
  });

  it("grow, whatever happens", async () => {
    const happening = fc.oneof(
      fc.constant("restart" as const),
      fc.constant("change" as const),
      fc.constant("away" as const),
      fc.constant("back" as const),
      fc.integer({ min: 1, max: 400_000 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 30 }), async (happenings) => {
        put = [];
        text = undefined;
        trouble = undefined;
        clock = createManualClock();
        let reporter = await start();
        for (const [i, one] of happenings.entries()) {
          if (one === "restart") {
            await reporter.stop();
            reporter = await start();
          } else if (one === "change") await change({ rejected: [String(i % 10).repeat(64)] });
          else if (one === "away") trouble = new Error("away");
          else if (one === "back") trouble = undefined;
          else await clock.advance(one);
        }
        await reporter.stop();
        const seen = sequences();
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      }),
      { numRuns: 50, seed: 3 },
    );
  });
});
