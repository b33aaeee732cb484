import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFolderLock } from "./folder-lock.ts";

const never = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the lock of a folder", () => {
  it("lets one in after the other, also after one that failed", async () => {
    const clock = createManualClock();
    const file = join(folder, "lock.sqlite");
    const order: string[] = [];
    const work = (name: string, fails: boolean) => async () => {
      order.push(`${name} in`);
      await clock.sleep(1000, never);
      order.push(`${name} out`);
      if (fails) throw new Error(name);
    };
    const first = withFolderLock(file, 60_000, clock, work("a", true), never).catch(() => undefined);
    const second = withFolderLock(file, 60_000, clock, work("b", false), never);
    await clock.advance(5000);
    await Promise.all([first, second]);
    expect(order).toEqual(["a in", "a out", "b in", "b out"]);
  });

  it("says so where it is never given back, and stops waiting with the signal", async () => {
    const clock = createManualClock();
    const file = join(folder, "lock.sqlite");
    const stop = new AbortController();
    const holder = withFolderLock(file, 0, clock, () => clock.sleep(1e9, stop.signal), stop.signal);
    const late = withFolderLock(file, 2000, clock, async () => "in", never).catch(
      (thrown: unknown) => thrown,
    );
    const gone = withFolderLock(file, 1e9, clock, async () => "in", stop.signal);
    await clock.advance(2000);
    expect(await late).toMatchObject({ code: "REGISTRY_CONFLICT" });
    stop.abort(new Error("enough"));
    await expect(gone).rejects.toThrow("enough");
    await expect(holder).rejects.toThrow("enough");
  });

  it("cannot be where there is no folder", async () => {
    const file = join(folder, "nowhere", "lock.sqlite");
    const locked = withFolderLock(file, 0, createManualClock(), async () => "in", never);
    await expect(locked).rejects.toMatchObject({ code: "DISK_FULL" });
  });
});
