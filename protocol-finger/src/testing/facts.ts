import type { Fact, FactValue, ProbeId } from "../fingerprint.ts";

/** Facts as a probe would note them: its name is the first part of the key. */
export function factsOf(values: Readonly<Record<string, FactValue>>): readonly Fact[] {
  return Object.entries(values).map(([key, value]) => ({
    probe: key.slice(0, key.indexOf(".")) as ProbeId,
    key,
    value,
    observed: `${key} is ${value}`,
    bytes: "",
  }));
}
