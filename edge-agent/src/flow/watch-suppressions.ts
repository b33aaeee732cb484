import { isUsable } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import { ruleHolds, ruleText, type Suppression } from "../core/suppress-rule.ts";
import type { Tag } from "../core/tag.ts";

export interface WatchSuppressions {
  /** After each reload: what held before begins anew with the next readings. */
  setPlant(suppressions: readonly Suppression[], tags: readonly Tag[]): void;
  onReadings(batch: ReadingBatch): void;
}

/** Follows the conditions of what the design suppresses. A condition that cannot be read does not hold.
 *  @param suppress told of each condition that begins to hold, or ends */
export function createWatchSuppressions(
  suppress: (sources: readonly string[], reason: string, holds: boolean) => void,
): WatchSuppressions {
  const NONE: readonly number[] = [];
  let suppressions: readonly Suppression[] = [];
  let holds = new Uint8Array(0);
  /** By index of the tag: the rules that look at it. */
  let rulesOf: (readonly number[] | undefined)[] = [];

  /** Two rules may suppress one source: it is free when neither holds. */
  function freeOf(ended: readonly string[]): readonly string[] {
    const others = suppressions.filter((_, i) => holds[i] === 1).flatMap(({ sources }) => sources);
    const silent = new Set(others);
    return ended.filter((source) => !silent.has(source));
  }

  function turn(at: number, isOn: boolean): void {
    if ((holds[at] === 1) === isOn) return;
    holds[at] = isOn ? 1 : 0;
    const one = suppressions[at];
    if (one !== undefined) suppress(isOn ? one.sources : freeOf(one.sources), ruleText(one.rule), isOn);
  }

  return {
    setPlant(next, tags) {
      suppressions.forEach((_, i) => {
        turn(i, false);
      });
      suppressions = next;
      holds = new Uint8Array(next.length);
      rulesOf = new Array(tags.length);
      const indices = new Map(tags.map(({ id }, i) => [id, i]));
      next.forEach(({ rule }, i) => {
        const index = indices.get(rule.tag);
        if (index !== undefined) rulesOf[index] = [...(rulesOf[index] ?? NONE), i];
      });
    },
    onReadings({ count, tag, value, status }) {
      if (suppressions.length === 0) return;
      for (let row = 0; row < count; row += 1) {
        const rules = rulesOf[tag[row] ?? 0];
        if (rules === undefined) continue;
        const read = isUsable(status[row] ?? 0) ? (value[row] ?? Number.NaN) : Number.NaN;
        for (const at of rules) {
          const one = suppressions[at];
          if (one !== undefined) turn(at, ruleHolds(one.rule, read));
        }
      }
    },
  };
}
