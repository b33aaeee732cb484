import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STREAMS } from "../../core/outbox/outbound.ts";
import { inOrder, type PlannedFile } from "./plan.ts";

const SECOND_US = 1e6;
const BEGAN_US = 1_795_420_800 * SECOND_US;

/** One outbox: its files as they were written, in seconds by a clock that may be set back or ahead before each. */
const writtenFiles = fc.array(
  fc.record({
    stream: fc.constantFrom(...STREAMS),
    batches: fc.integer({ min: 1, max: 50 }),
    clockStep: fc.integer({ min: -100_000, max: 100_000 }),
  }),
  { minLength: 1, maxLength: 20 },
);

type Written = typeof writtenFiles extends fc.Arbitrary<infer T> ? T : never;

function filesOf(written: Written, node: string, epoch: string, beganUs: number): readonly PlannedFile[] {
  let [first, committedUs] = [1, beganUs];
  return written.map(({ stream, batches, clockStep }, i) => {
    if (i > 0) committedUs += clockStep * SECOND_US;
    const name = {
      node,
      stream,
      committedUs,
      epoch,
      first,
      last: first + batches - 1,
      rows: 1,
      kind: "parquet",
    } as const;
    first += batches;
    return { path: `${node}/${epoch}/${i}`, name };
  });
}

const shuffled = (files: readonly PlannedFile[]) =>
  fc.shuffledSubarray([...files], { minLength: files.length, maxLength: files.length });

describe("the order of files to import", () => {
  it("is that of the batches' numbers within an epoch, whatever its clock did, and of time between epochs", () => {
    const nodes = fc.array(
      fc.array(fc.tuple(writtenFiles, fc.nat({ max: 1000 })), { minLength: 1, maxLength: 3 }),
      { minLength: 1, maxLength: 3 },
    );
    const cases = nodes
      .map((epochsOf) =>
        epochsOf.map((epochs, n) => {
          let beganUs = BEGAN_US;
          return epochs.flatMap(([written, laterS], e) => {
            beganUs += (laterS + 1) * SECOND_US;
            // Epochs are numbers by chance: a later one may well be the lesser.
            return filesOf(written, `node-${n}`, (9 - e).toString(16).padStart(16, "0"), beganUs);
          });
        }),
      )
      .chain((byNode) => fc.tuple(fc.constant(byNode), shuffled(byNode.flat())));
    fc.assert(
      fc.property(cases, ([byNode, files]) => {
        const ordered = inOrder(files);
        expect(ordered).toHaveLength(files.length);
        for (const [n, written] of byNode.entries())
          expect(ordered.filter(({ name }) => name.node === `node-${n}`)).toEqual(written);
      }),
    );
  });

  it("does not hang on the order in which the files were given, also where two nodes share an epoch", () => {
    fc.assert(
      fc.property(
        fc.tuple(writtenFiles, writtenFiles).chain(([a, b]) => {
          const epoch = "00c0ffee00c0ffee";
          const files = [...filesOf(a, "a", epoch, BEGAN_US), ...filesOf(b, "b", epoch, BEGAN_US)];
          return fc.tuple(shuffled(files), shuffled(files));
        }),
        ([one, other]) => {
          expect(inOrder(one)).toEqual(inOrder(other));
        },
      ),
    );
  });
});
