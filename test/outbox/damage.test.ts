import { expect, it } from "vitest";
import { proveDamage } from "./damage.ts";
import { flawless } from "./oracle.ts";
import { inFolder } from "./temporary.ts";

const SEED = 1;

it("delivers no wrong value from a file with flipped bits, noise or a cut end, and tells what is lost, 200 times", {
  timeout: 600_000,
}, async () => {
  const verdict = await inFolder((folder) => proveDamage({ folder, seed: SEED, cases: 200 }));
  expect({ ...verdict, lost: 0 }, `seed ${SEED}`).toEqual(flawless);
  // Otherwise nothing was damaged.
  expect(verdict.lost).toBeGreaterThan(0);
});

// SQLite walks over entries in whatever order a flipped bit has left them: whoever goes on after the last never ends.
it("ends, and tells what is lost, where the queue's own page is damaged, 400 times", {
  timeout: 600_000,
}, async () => {
  const verdict = await inFolder((folder) => proveDamage({ folder, seed: SEED, cases: 400, table: "batch" }));
  expect({ ...verdict, lost: 0 }, `seed ${SEED}`).toEqual(flawless);
  expect(verdict.lost).toBeGreaterThan(0);
});
