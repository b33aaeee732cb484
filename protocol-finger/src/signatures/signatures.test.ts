import { describe, expect, it } from "vitest";
import type { Fact, FactValue, ProbeId } from "../fingerprint.ts";
import { builtInSignatures } from "./load.ts";
import { matchSignature } from "./match.ts";

const { all } = await builtInSignatures();

function factsOf(values: Readonly<Record<string, FactValue>>): ReadonlyMap<string, Fact> {
  return new Map(
    Object.entries(values).map(([key, value]) => {
      const probe = key.slice(0, key.indexOf(".")) as ProbeId;
      return [key, { probe, key, value, observed: `${key} is ${value}`, bytes: "" }];
    }),
  );
}

describe("the built-in signatures", () => {
  for (const signature of all) {
    it(`${signature.id} says of its examples what they say`, () => {
      expect(signature.examples).not.toEqual([]);
      for (const { facts, supports } of signature.examples) {
        const match = matchSignature(signature, factsOf(facts));
        expect(match?.evidence.supports).toEqual(supports);
      }
    });
  }

  it("do not depend on facts that are not there", () => {
    for (const signature of all) expect(matchSignature(signature, new Map())).toBeUndefined();
  });
});
