import fc from "fast-check";
import { describe, it } from "vitest";
import { type Command, SINKS } from "./model-load.ts";
import { createWorld } from "./model-world.ts";

const sinkName = fc.constantFrom(...Object.keys(SINKS));

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("append"), rows: fc.constantFrom(1, 40, 3000, 12_000, 30_000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("alarm") }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("commit"),
      fault: fc.constantFrom("none", "none", "none", "none", "none", "refused", "late"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sink"), sink: sinkName }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("read"),
      sink: sinkName,
      rows: fc.constantFrom(1, 3000, 20_000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("confirm"), sink: sinkName, most: fc.constantFrom(1, 2, 99) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash") }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("reopen"), damage: fc.option(fc.nat(20), { nil: undefined }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("disk"), isLow: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.constantFrom(12_000, 1_500_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("jump"), us: fc.constantFrom(-3.6e9, 3.15e13) }) },
);

// Short ones for what is odd at the start, long ones so that something is at stake.
const commands = fc.oneof(
  fc.array(command, { maxLength: 15, size: "max" }),
  fc.array(command, { minLength: 25, maxLength: 60, size: "max" }),
);

describe("the outbox", () => {
  it("does what a list would do, whatever comes: crashes, full disks, damage, clocks that jump", () => {
    fc.assert(
      fc.property(commands, (list) => {
        using world = createWorld();
        for (const each of list) world.run(each);
      }),
      { numRuns: Number(process.env["STETHOS_MODEL_RUNS"] ?? 500) },
    );
  }, 600_000);
});
