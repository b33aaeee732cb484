import type { Fact } from "./fingerprint.ts";

/** Facts by their key, each only as what it should be: a probe's fact of another type is as good as none. */
export interface FactView {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  isTrue(key: string): boolean;
  /** What was seen, in a technician's words; "" where nothing was. */
  observed(key: string): string;
}

export function viewFacts(facts: readonly Fact[]): FactView {
  const byKey = new Map(facts.map((fact) => [fact.key, fact]));
  return {
    text(key) {
      const value = byKey.get(key)?.value;
      return typeof value === "string" ? value : undefined;
    },
    number(key) {
      const value = byKey.get(key)?.value;
      return typeof value === "number" && Number.isFinite(value) ? value : undefined;
    },
    isTrue: (key) => byKey.get(key)?.value === true,
    observed: (key) => byKey.get(key)?.observed ?? "",
  };
}
