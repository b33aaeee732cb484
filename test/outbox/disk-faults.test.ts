import { describe, it } from "vitest";
import { DISK_FAULTS, proveDiskFaults } from "./disk-faults.ts";
import { proveFullDisk } from "./full-disk.ts";
import { flawless } from "./oracle.ts";
import { inFolder } from "./temporary.ts";

const SEED = 1;

// Side by side: they wait for their clocks most of the time.
describe.concurrent("a process with an outbox on a failing disk", { timeout: 120_000 }, () => {
  it.for(DISK_FAULTS)("lives on, says so and loses nothing after $name", async (fault, { expect }) => {
    const verdict = await inFolder((folder) => proveDiskFaults(folder, [fault], SEED));
    expect(verdict, `seed ${SEED}`).toEqual(flawless);
  });

  it("goes on where it was once a disk that was really full has room again", async ({ expect }) => {
    const end = await inFolder(proveFullDisk);
    // Nobody may mount a small one here: the full disk above, put in by the kernel's door, has to do.
    if (end === undefined) return;
    const { trouble, ...verdict } = end;
    expect(verdict).toEqual(flawless);
    expect(trouble).toContain("there is no room to write");
  });
});
