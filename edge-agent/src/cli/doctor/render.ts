import type { Language } from "@stethos/protocol-finger/diagnosis";
import { AREAS, type Finding } from "./finding.ts";
import { textOf } from "./texts.ts";

const MARKS: Readonly<Record<Finding["level"], string>> = { ok: "ok  ", warn: "WARN", fail: "FAIL" };
const AREA_WIDTH = Math.max(...AREAS.map((area) => area.length)) + 2;

/** One screen: a line each, and below a line what to do. */
export function renderFindings(findings: readonly Finding[], language: Language): string {
  const lines = findings.flatMap((one) => {
    const { what, advice } = textOf(one, language);
    const head = `${MARKS[one.level]}  ${one.area.padEnd(AREA_WIDTH)}${what}`;
    return advice === undefined ? [head] : [head, `      ${"".padEnd(AREA_WIDTH)}-> ${advice}`];
  });
  return `${lines.join("\n")}\n`;
}

/** For programs: the code to match on, the words for whoever reads the log. */
export const findingDto = (one: Finding, language: Language) => ({
  area: one.area,
  level: one.level,
  code: one.code,
  ...textOf(one, language),
  facts: one.facts,
});
