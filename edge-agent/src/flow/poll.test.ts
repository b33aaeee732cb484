import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { EdgeError } from "../core/errors.ts";
import { StatusCode } from "../core/quality.ts";
import { rawColumns } from "../core/reading.ts";
import type { DriverEvent, PolledDevice, PolledSession, ScanPlan, WaveformSource } from "../ports/driver.ts";
import { createPolledDriver } from "./poll.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
const tag = {
  id: "s/a/l/c/m/t",
  path,
  name: "t",
  device: "plc",
  protocol: "s7",
  address: "DB1,REAL0",
  unit: "1",
  scale: 1,
  offset: 0,
} as const;
const waveform: WaveformSource = { ...tag, sampleRateHz: 1000, samples: 4, sequenceAddress: "DB1,DINT0" };

interface Script {
  connect?: () => void;
  group?: (group: number) => Promise<void> | void;
  sequence?: () => number;
  block?: () => Float32Array;
  /** What the session has found out after each scan. */
  finds?: () => Pick<PolledSession, "diagnosis" | "learnt">;
}

function device(clock: ManualClock, script: Script) {
  const calls: string[] = [];
  let found: Pick<PolledSession, "diagnosis" | "learnt"> = {};
  const session: PolledSession = {
    get diagnosis() {
      return found.diagnosis;
    },
    get learnt() {
      return found.learnt;
    },
    async readGroup(group) {
      calls.push(`group ${group} @${clock.monotonicMs()}`);
      await script.group?.(group);
      found = script.finds?.() ?? {};
      return rawColumns(1, clock.nowUs());
    },
    readSequence: async () => script.sequence?.() ?? 1,
    readBlock: async () => script.block?.() ?? new Float32Array(4),
    async close() {
      calls.push("close");
    },
  };
  const polled: PolledDevice = {
    async connect() {
      calls.push(`connect @${clock.monotonicMs()}`);
      script.connect?.();
      return session;
    },
  };
  return { polled, calls };
}

function plan(more: Partial<ScanPlan>): ScanPlan {
  return {
    device: "plc",
    protocol: "s7",
    tags: [tag],
    waveforms: [],
    groups: [{ name: "fast", periodMs: 100, tags: [0], waveforms: [] }],
    ...more,
  };
}

/** Runs the driver for `ms` of the clock's time and gives back what it said. */
async function run(scan: ScanPlan, script: Script, ms: number) {
  const clock = createManualClock();
  const { polled, calls } = device(clock, script);
  const controller = new AbortController();
  const events: DriverEvent[] = [];
  const driver = createPolledDriver(scan, polled, { clock, logger: quiet, random: () => 1 });
  const done = (async () => {
    for await (const event of driver.events(controller.signal)) events.push(event);
  })();
  await clock.advance(ms);
  controller.abort();
  await done;
  return { events, calls, clock };
}

const lost = () => {
  throw new EdgeError("PLC_TIMEOUT", "no answer");
};

describe("polled driver", () => {
  it("reads each group on its own grid and closes politely when told to stop", async () => {
    const groups = [
      { name: "fast", periodMs: 100, tags: [0], waveforms: [] },
      { name: "slow", periodMs: 250, tags: [0], waveforms: [] },
    ];
    const { calls, events } = await run(plan({ groups }), {}, 300);
    expect(calls).toEqual([
      "connect @0",
      "group 0 @0",
      "group 1 @0",
      "group 0 @100",
      "group 0 @200",
      "group 1 @250",
      "group 0 @300",
      "close",
    ]);
    expect(events[0]).toEqual({ kind: "link", up: true, reason: "connected" });
  });

  it("counts the deadlines that a slow scan missed and stays on the grid", async () => {
    const clock = createManualClock();
    let first = true;
    const { polled, calls } = device(clock, {
      group: async () => {
        if (!first) return;
        first = false;
        await clock.sleep(330, new AbortController().signal);
      },
    });
    const controller = new AbortController();
    const events: DriverEvent[] = [];
    const done = (async () => {
      const driver = createPolledDriver(plan({}), polled, { clock, logger: quiet, random: () => 1 });
      for await (const event of driver.events(controller.signal)) events.push(event);
    })();
    await clock.advance(450);
    controller.abort();
    await done;
    expect(events).toContainEqual({ kind: "overrun", group: "fast", missed: 3 });
    expect(calls).toEqual(["connect @0", "group 0 @0", "group 0 @400", "close"]);
  });

  it("says once that the device is lost, marks its tags bad, and backs off between attempts", async () => {
    const { calls, events } = await run(plan({}), { connect: lost }, 7500);
    expect(calls).toEqual(["connect @0", "connect @1000", "connect @3000", "connect @7000"]);
    expect(events.map((event) => event.kind)).toEqual(["link", "batch"]);
    const batch = events[1];
    expect(batch?.kind === "batch" && batch.batch.status[0]).toBe(StatusCode.BadNotConnected);
  });

  it("closes the session when a reply is lost and comes back with a fresh one", async () => {
    let reads = 0;
    const { calls, events } = await run(
      plan({}),
      {
        group: () => {
          reads += 1;
          if (reads === 2) lost();
        },
      },
      1200,
    );
    expect(calls.slice(0, 6)).toEqual([
      "connect @0",
      "group 0 @0",
      "group 0 @100",
      "close",
      "connect @1100",
      "group 0 @1100",
    ]);
    expect(events.filter((event) => event.kind === "link").map((event) => event.up)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("lets a programming error through instead of retrying it for ever", async () => {
    const broken = () => {
      throw new TypeError("bug");
    };
    await expect(run(plan({}), { group: broken }, 100)).rejects.toThrow("bug");
  });

  it("holds the connection when there is nothing to scan", async () => {
    const { calls } = await run(plan({ groups: [] }), {}, 130_000);
    expect(calls).toEqual(["connect @0", "close"]);
  });
});

describe("what is wrong with a device", () => {
  const told = (events: readonly DriverEvent[]) =>
    events.flatMap((event) => {
      if (event.kind === "link") return [event.up ? "up" : `down ${event.diagnosis?.code}`];
      return event.kind === "diagnosis" ? [`${event.diagnosis?.code}`] : [];
    });

  it("is told with the loss, and again when the cause becomes another one", async () => {
    const causes = ["HOST_SILENT", "HOST_SILENT", "PORT_CLOSED", undefined, "PORT_CLOSED", "NONSENSE"];
    const connect = () => {
      throw new EdgeError("PLC_UNREACHABLE", "away", { diagnosis: causes.shift() });
    };
    const { events } = await run(plan({}), { connect }, 40_000);
    expect(told(events)).toEqual(["down HOST_SILENT", "PORT_CLOSED", "PORT_CLOSED"]);
  });

  it("is a lost link where it had worked, and a malformed answer where that ended it", async () => {
    for (const [code, cause] of [
      ["PLC_TIMEOUT", "LINK_LOST"],
      ["PDU_MALFORMED", "MALFORMED_ANSWER"],
    ] as const) {
      const group = () => {
        throw new EdgeError(code, "no");
      };
      const { events } = await run(plan({}), { group }, 10);
      expect(told(events)).toEqual(["up", `down ${cause}`]);
    }
  });

  it("is told before the values that show it, once, and again when it has healed", async () => {
    const refused = { code: "S7_BLOCK_MISSING", observed: "DB7" } as const;
    const findings = [undefined, refused, refused, undefined, undefined];
    const { events } = await run(plan({}), { finds: () => ({ diagnosis: findings.shift() }) }, 450);
    expect(events.map((event) => event.kind)).toEqual([
      "link",
      "batch",
      "diagnosis",
      "batch",
      "batch",
      "diagnosis",
      "batch",
      "batch",
    ]);
    expect(events[2]).toEqual({ kind: "diagnosis", diagnosis: refused });
    expect(events[5]).toEqual({ kind: "diagnosis", diagnosis: undefined });
  });

  it("comes with what the device has taught, each time that is news", async () => {
    const first = { maxReadBytes: 64 };
    const second = { maxReadBytes: 32 };
    const findings = [first, first, second];
    const { events } = await run(plan({}), { finds: () => ({ learnt: findings.shift() ?? second }) }, 450);
    const learnt = events.flatMap((event) => (event.kind === "learnt" ? [event.limits] : []));
    expect(learnt).toEqual([first, second]);
  });
});

describe("waveform reading", () => {
  const scan = plan({
    waveforms: [waveform],
    groups: [{ name: "vibration", periodMs: 100, tags: [], waveforms: [0] }],
  });
  const blocks = (events: readonly DriverEvent[]) =>
    events.flatMap((event) => (event.kind === "waveform" ? [event.waveform] : []));

  it("gives a block once, stamped with the time of its first sample", async () => {
    const { events, clock } = await run(
      scan,
      { sequence: () => 5, block: () => Float32Array.of(1, 2, 3, 4) },
      300,
    );
    const [block, ...more] = blocks(events);
    expect(more).toEqual([]);
    expect(block?.sequence).toBe(5);
    expect(block?.firstSampleTimeUs).toBe(clock.nowUs() - 300_000 - 4000);
    expect(Array.from(block?.samples ?? [])).toEqual([1, 2, 3, 4]);
  });

  it("reads again a block that the device rewrote meanwhile, and never mixes two", async () => {
    const counts = [5, 6, 6, 6];
    const contents = [Float32Array.of(1, 1, 2, 2), Float32Array.of(2, 2, 2, 2)];
    const { events } = await run(
      scan,
      { sequence: () => counts.shift() ?? 6, block: () => contents.shift() ?? new Float32Array(4) },
      0,
    );
    expect(events).toContainEqual({ kind: "torn-block", waveform: 0, given: "reread" });
    expect(blocks(events).map((block) => [block.sequence, ...block.samples])).toEqual([[6, 2, 2, 2, 2]]);
  });

  it("gives up a block that never holds still", async () => {
    let count = 0;
    const { events } = await run(scan, { sequence: () => count++ }, 0);
    const torn = events.flatMap((event) => (event.kind === "torn-block" ? [event.given] : []));
    expect(torn).toEqual(["reread", "reread", "up"]);
    expect(blocks(events)).toEqual([]);
  });

  it("counts the blocks nobody read, but not a device that starts to count anew", async () => {
    const counts = [5, 5, 9, 9, 1, 1];
    const { events } = await run(scan, { sequence: () => counts.shift() ?? 1 }, 200);
    expect(blocks(events).map((block) => [block.sequence, block.missed])).toEqual([
      [5, 0],
      [9, 3],
      [1, 0],
    ]);
  });

  it("turns a block that the device refuses into one of bad quality and goes on", async () => {
    const { events } = await run(
      scan,
      {
        sequence: () => {
          throw new EdgeError("DATA_INVALID", "no such block");
        },
      },
      0,
    );
    expect(blocks(events).map((block) => block.status)).toEqual([StatusCode.BadConfigurationError]);
  });
});
