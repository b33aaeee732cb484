import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { START_US } from "./load.ts";
import { createOracle, flawless, type Oracle } from "./oracle.ts";
import { openSession, type Session } from "./session.ts";

const SINKS = ["historian"];
const HOUR_US = 3_600e6;
const YEAR_US = 365 * 24 * HOUR_US;

let root: string;
let oracle: Oracle;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "copies-"));
  oracle = createOracle(SINKS);
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

const open = (folder: string, clock = createSystemClock()): Promise<Session> =>
  openSession({
    file: join(root, folder, "outbox.db"),
    clock,
    sinks: SINKS,
    hear: (line) => oracle.hear(line),
    fromRound: oracle.lastRound + 1,
    settings: { maxAgeHours: 1 },
  });

describe("an outbox whose file was copied", { timeout: 120_000 }, () => {
  it.each(["closed in order", "taken while it ran"])(
    "means something else by each number after a backup, %s, is put back",
    async (how) => {
      const first = await open("device");
      await first.put(20);
      await first.drain(1);
      if (how === "taken while it ran")
        await cp(join(root, "device"), join(root, "backup"), { recursive: true });
      await first.close();
      if (how === "closed in order")
        await cp(join(root, "device"), join(root, "backup"), { recursive: true });
      const second = await open("device");
      await second.put(20);
      await second.drain();
      await second.close();

      await rm(join(root, "device"), { recursive: true });
      await cp(join(root, "backup"), join(root, "device"), { recursive: true });
      const restored = await open("device");
      await restored.put(20);
      await restored.drain();
      await restored.close();
      expect(oracle.verdict()).toEqual(flawless);
    },
  );

  it.each(["closed in order", "taken while it ran"])(
    "shares no new number with the device that its disk was cloned from, %s",
    async (how) => {
      const first = await open("device");
      await first.put(20);
      await first.drain(1);
      if (how === "taken while it ran")
        await cp(join(root, "device"), join(root, "clone"), { recursive: true });
      await first.close();
      if (how === "closed in order") await cp(join(root, "device"), join(root, "clone"), { recursive: true });

      // Both deliver to one receiver, under the same name of the node, for whoever clones a disk clones the settings.
      for (const folder of ["device", "clone", "device", "clone"]) {
        const one = await open(folder);
        await one.put(10);
        await one.drain();
        await one.close();
      }
      expect(oracle.verdict()).toEqual(flawless);
    },
  );
});

const jumps = [
  { name: "an hour back", us: -HOUR_US },
  { name: "a year ahead", us: YEAR_US },
  { name: "a step of NTP", us: -437_000 },
];

describe("an outbox under a clock that jumps", { timeout: 120_000 }, () => {
  it.each(jumps)("lets nothing expire and names nothing twice: $name, while it runs", async ({ us }) => {
    const clock = createManualClock(START_US);
    const session = await open("device", clock);
    await session.put(20);
    clock.jumpWall(us);
    await session.put(20);
    // The hourly and daily work of the outbox has its turn.
    await clock.advance(5000);
    await session.put(5);
    await session.drain();
    expect((await session.statistics()).dropped).toEqual([]);
    await session.close();
    expect(oracle.verdict()).toEqual(flawless);
  });

  it.each(jumps)("lets nothing expire and names nothing twice: $name, while it was off", async ({ us }) => {
    const before = await open("device", createManualClock(START_US));
    await before.put(20);
    await before.close();
    const clock = createManualClock(START_US + us);
    const after = await open("device", clock);
    await after.put(20);
    await clock.advance(5000);
    await after.put(5);
    await after.drain();
    expect((await after.statistics()).dropped).toEqual([]);
    await after.close();
    expect(oracle.verdict()).toEqual(flawless);
  });
});
