import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STREAMS } from "../../core/outbox/outbound.ts";
import { fileNameText, KINDS, parseFileName } from "./file-name.ts";

const name = {
  node: "press-12",
  stream: "readings",
  committedUs: 1_795_420_800_000_000,
  epoch: "00c0ffee00c0ffee",
  first: 17,
  last: 42,
  rows: 26_000,
  kind: "ndjson.gz",
} as const;
const TEXT = "press-12.readings.20261123T080000Z.00c0ffee00c0ffee.17-42.26000rows.ndjson.gz";

describe("names of finished files", () => {
  it("tell what is in the file", () => {
    expect(fileNameText(name)).toBe(TEXT);
    expect(parseFileName(TEXT)).toEqual(name);
  });

  it("come back from any node's name, and need no sign that a file system minds", () => {
    const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    const names = fc.record({
      node: fc.string({ unit: "grapheme", minLength: 1 }),
      stream: fc.constantFrom(...STREAMS),
      committedUs: fc.nat({ max: 4_000_000_000 }).map((seconds) => seconds * 1e6),
      epoch: fc.stringMatching(/^[0-9a-f]{16}$/),
      first: count,
      last: count,
      rows: count,
      kind: fc.constantFrom(...KINDS),
    });
    fc.assert(
      fc.property(names, (one) => {
        const text = fileNameText(one);
        expect(text).toMatch(/^[\w.%-]+$/);
        expect(parseFileName(text)).toEqual(one);
      }),
    );
  });

  it.each([`${TEXT}.sha256`, `${TEXT}.new`, ".readings.part", "a.csv", TEXT.replace("press-12", "%zz"), ""])(
    "are not seen in %j",
    (text) => expect(parseFileName(text)).toBeUndefined(),
  );
});
