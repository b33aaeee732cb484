import { describe, expect, it } from "vitest";
import { flawless } from "./oracle.ts";
import { provePowerLoss } from "./power-loss.ts";
import { inFolder } from "./temporary.ts";

const SEED = 1;

describe("an outbox whose power is cut", { timeout: 600_000 }, () => {
  it("opens and still has what it accepted, at 300 places between its writes, whatever the disk makes of them", async () => {
    const verdict = await inFolder((folder) => provePowerLoss({ folder, seed: SEED, cuts: 300 }));
    expect(verdict, `seed ${SEED}`).toEqual(flawless);
  });

  it("is caught when it does not flush each commit: the proof notices synchronous=NORMAL with lost writes", async () => {
    const verdict = await inFolder((folder) =>
      provePowerLoss({ folder, seed: SEED, cuts: 20, bug: "synchronous-normal", survivals: ["nothing"] }),
    );
    expect(verdict.lost).toBeGreaterThan(0);
  });
});
