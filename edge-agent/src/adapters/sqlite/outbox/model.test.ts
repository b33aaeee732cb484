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
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("ahead"),
      sink: sinkName,
      rows: fc.constantFrom(1, 3000, 20_000),
    }),
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

const put: Command[] = [
  { kind: "append", rows: 1 },
  { kind: "commit", fault: "none" },
];
const archive = "archive";
const broker = "broker";

/** What went wrong once. */
const regressions: Command[][] = [
  // What a sink held was given up: the news after it was not told from history any more.
  [
    ...put,
    { kind: "sink", sink: broker },
    { kind: "read", sink: broker, rows: 1 },
    { kind: "wait", ms: 3_000_000 },
    { kind: "wait", ms: 3_000_000 },
    { kind: "wait", ms: 12_000 },
    { kind: "read", sink: broker, rows: 1 },
  ],
  // A disk without room took the gap that told of something damaged.
  [
    ...put,
    { kind: "sink", sink: archive },
    { kind: "reopen", damage: 0 },
    { kind: "disk", isLow: true },
    { kind: "read", sink: archive, rows: 1 },
  ],
  // Of more than there is room for, the oldest was kept instead of the newest.
  [
    { kind: "sink", sink: archive },
    { kind: "append", rows: 30_000 },
    { kind: "append", rows: 30_000 },
    { kind: "append", rows: 30_000 },
    { kind: "commit", fault: "none" },
    { kind: "read", sink: archive, rows: 1 },
  ],
  // What no sink had ever asked for was swept away as if all had it.
  [...put, { kind: "sink", sink: "pager" }, { kind: "reopen", damage: undefined }],
];

describe("the outbox", () => {
  it("does what a list would do, whatever comes: crashes, full disks, damage, clocks that jump", () => {
    fc.assert(
      fc.property(commands, (list) => {
        using world = createWorld();
        for (const each of list) world.run(each);
      }),
      {
        numRuns: Number(process.env["STETHOS_MODEL_RUNS"] ?? 500),
        examples: regressions.map((list): [Command[]] => [list]),
      },
    );
  }, 1_200_000);
});
