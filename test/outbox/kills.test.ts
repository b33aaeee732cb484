import { describe, expect, it } from "vitest";
import { proveKills } from "./kills.ts";
import { flawless } from "./oracle.ts";
import { inFolder } from "./temporary.ts";

const SEED = 1;
const MOST_TRIES = 12;

// Whole processes, on machines that may be busy.
describe("a process with an outbox that is killed", { timeout: 600_000 }, () => {
  it("loses nothing that it accepted, invents nothing and keeps the order of each tag, fifty times in a row", async () => {
    const verdict = await inFolder((folder) => proveKills({ folder, seed: SEED, kills: 50 }));
    expect(verdict, `seed ${SEED}`).toEqual(flawless);
  });

  it("is caught when numbers start again in an emptied file: the proof notices AUTOINCREMENT off", async () => {
    // It shows when all was delivered while more comes: not in every run, as that hangs on how busy the machine is.
    let noticed = 0;
    for (let seed = SEED; noticed === 0 && seed < SEED + MOST_TRIES; seed += 1) {
      const verdict = await inFolder((folder) =>
        proveKills({ folder, seed, kills: 5, bug: "autoincrement-off" }),
      );
      // A sink that has the number already never hears of what bears it now.
      noticed = verdict.lost + verdict.renamed;
    }
    expect(noticed).toBeGreaterThan(0);
  });
});
