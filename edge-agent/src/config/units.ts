import { UcumLhcUtils } from "@lhncbc/ucum-lhc";

/** UCUM codes and the factors between them. */
export interface Units {
  /** What is wrong with a code, with a proposal where there is one; undefined when it is good. */
  problem(code: string): string | undefined;
  /** Multiplies `from` into `to`; undefined where they measure different things. */
  factor(from: string, to: string): number | undefined;
}

// What people write, and what UCUM calls it. A "g" in UCUM is a gram: the mistake that costs most.
const COMMON: Readonly<Record<string, string>> = {
  "°C": "Cel",
  C: "Cel",
  degC: "Cel",
  rpm: "/min",
  "1/min": "/min",
  RPM: "/min",
  Amp: "A",
  "m/s²": "m/s2",
  "m/s^2": "m/s2",
};

export function createUnits(): Units {
  const ucum = UcumLhcUtils.getInstance();
  const known = new Map<string, string | undefined>();
  return {
    problem(code) {
      if (!known.has(code)) known.set(code, check(ucum, code));
      return known.get(code);
    },
    factor(from, to) {
      const result = ucum.convertUnitTo(from, 1, to);
      return result.status === "succeeded" && typeof result.toVal === "number" ? result.toVal : undefined;
    },
  };
}

function check(ucum: ReturnType<typeof UcumLhcUtils.getInstance>, code: string): string | undefined {
  const result = ucum.validateUnitString(code, true);
  if (result.status === "valid") return undefined;
  const better = COMMON[code] ?? result.suggestions?.[0]?.units?.[0]?.[0];
  return `"${code}" is no UCUM unit${better === undefined ? '; "1" means none' : `; write "${better}"`}`;
}
