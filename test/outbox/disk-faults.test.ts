import { describe, expect, it } from "vitest";
import { DISK_FAULTS, proveDiskFaults } from "./disk-faults.ts";
import { flawless } from "./oracle.ts";
import { inFolder } from "./temporary.ts";

const SEED = 1;

describe("a process with an outbox on a failing disk", { timeout: 120_000 }, () => {
  it.each(DISK_FAULTS)("lives on, says so and loses nothing after $name", async (fault) => {
    const verdict = await inFolder((folder) => proveDiskFaults(folder, [fault], SEED));
    expect(verdict, `seed ${SEED}`).toEqual(flawless);
  });
});
