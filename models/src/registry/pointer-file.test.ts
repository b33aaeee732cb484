import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { testKey } from "../testing/index.ts";
import { readPointer, signPointer } from "./pointer-file.ts";

const key = testKey();
const pointer = {
  name: "listener",
  channel: "stable",
  version: "1.0.0",
  manifestSha256: "a".repeat(64),
  sequence: 7,
  notBefore: "2026-01-01T00:00:00Z",
  expires: "2027-01-01T00:00:00+02:00",
  isRollback: false,
};

function outcome(bytes: Uint8Array): unknown {
  try {
    return readPointer(bytes, key.trust, "stable.json");
  } catch (thrown) {
    if (thrown instanceof ModelError) return thrown.code;
    throw thrown;
  }
}

describe("a pointer", () => {
  it("is read as it was signed", async () => {
    expect(outcome(await signPointer(pointer, key.signer))).toEqual(pointer);
  });

  it("differs in its bytes each time it is signed, so that two writers can be told apart", async () => {
    const [one, two] = [await signPointer(pointer, key.signer), await signPointer(pointer, key.signer)];
    expect(Buffer.compare(one, two)).not.toBe(0);
  });

  it("says what it said, or nothing, whatever byte of it changes", async () => {
    const good = await signPointer(pointer, key.signer);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        expect(["MODEL_UNSIGNED", pointer]).toContainEqual(outcome(bytes));
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  it("is none in any other bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(outcome(bytes)).toBe("MODEL_UNSIGNED");
        },
      ),
      { seed: 4 },
    );
    expect(outcome(Buffer.alloc((64 << 10) + 1, 0x20))).toBe("MODEL_UNSIGNED");
  });

  it("is not signed when nobody could read it", async () => {
    await expect(signPointer({ ...pointer, sequence: 0 }, key.signer)).rejects.toMatchObject({
      code: "USAGE",
    });
    await expect(signPointer({ ...pointer, expires: "tomorrow" }, key.signer)).rejects.toMatchObject({
      code: "USAGE",
    });
  });

  it("says nothing when a trusted key signed something else under its type", async () => {
    const twisted = { ...pointer, sequence: 1, version: "../.." };
    await expect(signPointer(twisted, key.signer)).rejects.toMatchObject({ code: "USAGE" });
  });
});
