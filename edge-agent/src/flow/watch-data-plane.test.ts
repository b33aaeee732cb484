import { createManualClock } from "@stethos/protocol-finger/clock";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../core/alarm-types.ts";
import type { DataPlane, SinkState } from "../ports/data-plane.ts";
import type { OutboxStatistics } from "../ports/outbox.ts";
import { createWatchDataPlane } from "./watch-data-plane.ts";

const HISTORIAN: SinkState = {
  sink: "historian",
  kind: "postgres",
  state: "idle",
  attempts: 0,
  rows: 0,
  refused: 0,
};
const FINE: OutboxStatistics = {
  file: "outbox.db",
  bytes: 0,
  epoch: "0",
  batches: 0,
  rows: 0,
  oldestUs: undefined,
  uncommitted: 0,
  dropped: [],
  sinks: [],
  trouble: undefined,
};

function start(alarms: readonly Alarm[] = []) {
  const clock = createManualClock();
  const stopping = new AbortController();
  const seen: Alarm[] = [];
  const now: { sink: SinkState; statistics: OutboxStatistics } = { sink: HISTORIAN, statistics: FINE };
  const dataPlane: DataPlane = {
    sinks: () => [now.sink],
    statistics: async () => now.statistics,
  };
  const watch = createWatchDataPlane({
    clock,
    random: () => 0.5,
    logger: pino({ level: "silent" }),
    dataPlane,
    node: "edge-7",
    alarms,
    onAlarm: (alarm) => void seen.push(alarm),
  });
  const running = watch.run(stopping.signal);
  return {
    clock,
    watch,
    now,
    seen,
    states: () => seen.map(({ reason, state, severity }) => `${reason} ${severity} ${state}`),
    /** Lets so much time go by, in looks. */
    async pass(seconds: number) {
      for (let n = 0; n < seconds / 5; n += 1) await clock.advance(5_000);
    },
    trouble: (fault: NonNullable<SinkState["fault"]>) => {
      now.sink = { ...HISTORIAN, state: "trouble", fault, message: "no answer", sinceUs: clock.nowUs() };
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

describe("the watch of the way out", () => {
  it("lets a short outage pass, raises an alarm for a long one and clears it when the sink takes data again", async () => {
    const { now, pass, seen, states, stop, trouble } = start();
    trouble("unreachable");
    await pass(110);
    expect(states()).toEqual([]);
    await pass(15);
    expect(states()).toEqual(["sink-failing warning unacknowledged-active"]);
    expect(seen[0]).toMatchObject({
      machine: "edge-7",
      sensor: "agent/data-plane/sink/historian",
      evidence: { sink: "historian", fault: "unreachable", message: "no answer" },
    });
    now.sink = HISTORIAN;
    await pass(5);
    expect(states().at(-1)).toBe("sink-failing warning unacknowledged-cleared");
    await stop();
  });

  it("calls at once where only an operator can help, and says so when a warning becomes one", async () => {
    const { pass, states, stop, trouble } = start();
    trouble("busy");
    await pass(125);
    trouble("denied");
    await pass(5);
    expect(states()).toEqual([
      "sink-failing warning unacknowledged-active",
      "sink-failing alarm unacknowledged-active",
    ]);
    await stop();
  });

  it("tells of lost rows while they are news, and not of what was lost before the start", async () => {
    const { now, pass, seen, states, stop } = start();
    const lost = (rows: number) => ({
      ...FINE,
      dropped: [{ stream: "readings", cause: "full-disk", rows } as const],
    });
    now.statistics = lost(100);
    await pass(30);
    expect(states()).toEqual([]);
    now.statistics = lost(130);
    await pass(5);
    expect(seen.at(-1)).toMatchObject({
      reason: "outbox-losing",
      evidence: { cause: "full-disk", rows: 130 },
    });
    await pass(590);
    expect(states()).toHaveLength(1);
    await pass(20);
    expect(states().at(-1)).toBe("outbox-losing alarm unacknowledged-cleared");
    await stop();
  });

  it("tells of a damaged file that was set aside at the start, although nobody knows how much it held", async () => {
    const { clock, now, pass, seen, stop } = start();
    now.statistics = { ...FINE, quarantinedUs: clock.nowUs() };
    await pass(5);
    expect(seen).toMatchObject([{ reason: "outbox-losing", evidence: { cause: "corrupt", streams: "" } }]);
    await stop();
  });

  it("is acknowledged like every other alarm, also after a restart", async () => {
    const first = start();
    first.trouble("misfit");
    await first.pass(5);
    await first.stop();
    const [left] = first.seen;
    expect(left).toBeDefined();
    if (left === undefined) return;
    const second = start([left]);
    expect(second.watch.acknowledge(left.id, "ada")).toMatchObject({
      state: "acknowledged-active",
      acknowledgedBy: "ada",
    });
    expect(second.watch.acknowledge("another", "ada")).toBeUndefined();
    await second.pass(5);
    expect(second.states().at(-1)).toBe("sink-failing alarm normal");
    await second.stop();
  });
});
