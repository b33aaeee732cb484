import type { Inhibit } from "./alarm-types.ts";
import { EdgeError } from "./errors.ts";

const VERSION = 1;

export const inhibitsJson = (list: readonly Inhibit[]): string =>
  JSON.stringify({ version: VERSION, inhibits: list });

/** @throws EdgeError DATA_INVALID */
export function parseInhibits(text: string): readonly Inhibit[] {
  const invalid = (cause?: unknown): EdgeError =>
    new EdgeError("DATA_INVALID", "the list of inhibited alarms cannot be read; shelve them anew", { cause });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (thrown) {
    throw invalid(thrown);
  }
  if (!isRecord(content) || content["version"] !== VERSION) throw invalid();
  const list = content["inhibits"];
  if (!Array.isArray(list)) throw invalid();
  return list.map((one: unknown) => {
    if (!isInhibit(one)) throw invalid();
    return one;
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function isInhibit(value: unknown): value is Inhibit {
  if (!isRecord(value)) return false;
  const { kind, source, by, reason, fromUs, untilUs } = value;
  const isTimed = kind === "shelved" ? typeof untilUs === "number" : untilUs === undefined;
  return (
    (kind === "shelved" || kind === "out-of-service") &&
    [source, by, reason].every((text) => typeof text === "string") &&
    typeof fromUs === "number" &&
    isTimed
  );
}
