import type { Evidence, Fact, Labels } from "../fingerprint.ts";
import type { Condition, Signature } from "./signature.ts";

/** A signature that fits, with the keys of the facts it looked at. */
export interface Match {
  readonly evidence: Evidence;
  readonly keys: readonly string[];
}

/** Patterns look at no more of a text than this. */
const MOST_TEXT = 256;

export function matchSignature(signature: Signature, facts: ReadonlyMap<string, Fact>): Match | undefined {
  let captured: readonly string[] | undefined;
  const seen: Fact[] = [];
  for (const [key, condition] of signature.when) {
    const fact = facts.get(key);
    if (fact === undefined) {
      if (condition.kind === "exists" && !condition.exists) continue;
      return undefined;
    }
    if (condition.kind === "matches") {
      const found = condition.pattern.exec(String(fact.value).slice(0, MOST_TEXT));
      if (found === null) return undefined;
      captured ??= found;
    } else if (!holds(condition, fact)) {
      return undefined;
    }
    seen.push(fact);
  }
  const [first] = seen;
  if (first === undefined) return undefined;
  const fill = (labels: Labels) => filled(labels, captured ?? [], facts);
  const against = fill(signature.against);
  return {
    keys: seen.map(({ key }) => key).sort(),
    evidence: {
      probe: first.probe,
      observed: seen.map(({ observed }) => observed).join("; "),
      bytes: first.bytes,
      supports: fill(signature.supports),
      ...(Object.keys(against).length > 0 && { against }),
      weight: signature.weight,
      source: signature.source,
    },
  };
}

function holds(condition: Exclude<Condition, { kind: "matches" }>, { value }: Fact): boolean {
  switch (condition.kind) {
    case "is":
      return value === condition.value;
    case "oneOf":
      return condition.values.includes(value);
    case "within":
      return typeof value === "number" && value >= condition.atLeast && value <= condition.atMost;
    case "exists":
      return condition.exists;
  }
}

/** Labels with "$1" and "${key}" filled in; one that cannot be filled is left out. */
function filled(labels: Labels, captured: readonly string[], facts: ReadonlyMap<string, Fact>): Labels {
  const entries = Object.entries(labels).flatMap(([name, template]) => {
    const value = fill(template, captured, facts);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function fill(
  template: string,
  captured: readonly string[],
  facts: ReadonlyMap<string, Fact>,
): string | undefined {
  let isWhole = true;
  const value = template.replace(/\$(\d)|\$\{([^}]*)\}/g, (_, group?: string, key?: string) => {
    const part = group === undefined ? facts.get(key ?? "")?.value : captured[Number(group)];
    if (part === undefined || part === "") isWhole = false;
    return String(part ?? "");
  });
  return isWhole ? value.trim() : undefined;
}
