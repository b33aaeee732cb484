import { describe, expect, it } from "vitest";
import { proveCommitCuts } from "./commit-cuts.ts";
import { flawless } from "./oracle.ts";
import { inFolder } from "./temporary.ts";

const SEED = 1;

describe("a line that is cut after COMMIT was sent and before its answer", { timeout: 600_000 }, () => {
  it("leaves each row in PostgreSQL once, in order, twenty-four times in a row", async () => {
    const verdict = await inFolder((folder) => proveCommitCuts({ folder, seed: SEED, cuts: 24 }));
    expect(verdict, `seed ${SEED}`).toEqual(flawless);
  });

  it("doubles rows without a ledger: the proof notices a ledger that is off", async () => {
    const verdict = await inFolder((folder) =>
      proveCommitCuts({ folder, seed: SEED, cuts: 4, isLedgerOff: true }),
    );
    expect(verdict.doubled).toBeGreaterThan(0);
  });
});
