import type { FrameRule } from "./probe.ts";

/** Finds the rule that allows a frame.
 *  @throws TypeError where none does: a probe that sends something else has a bug */
export type FrameCheck = (frame: Buffer) => FrameRule;

const VARIES = -1;

/** @param rules those of one probe; their patterns are checked at once */
export function createFrameCheck(rules: readonly FrameRule[]): FrameCheck {
  const checks = rules.map((rule) => ({ rule, allows: checkOf(rule) }));
  return (frame) => {
    const found = checks.find(({ allows }) => allows(frame));
    if (found !== undefined) return found.rule;
    throw new TypeError(`no rule allows to send the frame ${frame.toString("hex")}`);
  };
}

function checkOf({ name, pattern }: FrameRule): (frame: Buffer) => boolean {
  if (typeof pattern === "function") return pattern;
  const bytes = parsePattern(name, pattern);
  return (frame) =>
    frame.length === bytes.length && bytes.every((byte, at) => byte === VARIES || byte === frame[at]);
}

/** "03 00 ??": each byte, or VARIES. */
function parsePattern(name: string, pattern: string): readonly number[] {
  const pairs = pattern.replace(/\s+/g, "").match(/../gs) ?? [];
  if (pairs.length === 0 || !/^([0-9a-f]{2}|\?\?)+$/i.test(pattern.replace(/\s+/g, ""))) {
    throw new TypeError(`frame rule "${name}": "${pattern}" is no hex with ?? for bytes that vary`);
  }
  return pairs.map((pair) => (pair === "??" ? VARIES : Number.parseInt(pair, 16)));
}
