import type { FactValue } from "../fingerprint.ts";
import type { SignatureEntry } from "./schema.ts";
import type { Condition, Signature } from "./signature.ts";

/** A checked entry of a file, made ready for matching. */
export function compileSignature(entry: SignatureEntry): Signature {
  return {
    id: entry.id,
    source: entry.source,
    when: new Map(Object.entries(entry.when).map(([key, one]) => [key, conditionOf(one)])),
    supports: entry.supports,
    against: entry.against,
    weight: entry.weight,
    examples: entry.examples,
  };
}

function conditionOf(written: SignatureEntry["when"][string]): Condition {
  if (typeof written !== "object") return { kind: "is", value: written satisfies FactValue };
  if ("pattern" in written) return { kind: "matches", pattern: new RegExp(written.pattern) };
  if ("oneOf" in written) return { kind: "oneOf", values: written.oneOf };
  if ("exists" in written) return { kind: "exists", exists: written.exists };
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = written;
  return { kind: "within", atLeast, atMost };
}
