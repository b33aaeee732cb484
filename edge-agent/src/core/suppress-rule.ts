/** While this holds, the alarms of a machine or a tag are suppressed by design: "no low pressure while the pump stands". */
export interface SuppressRule {
  /** Id of the tag that is looked at. */
  readonly tag: string;
  readonly below?: number | undefined;
  readonly above?: number | undefined;
  /** true is 1, false 0. */
  readonly equals?: boolean | number | undefined;
}

/** While the rule holds, these sources are suppressed by design. */
export interface Suppression {
  readonly rule: SuppressRule;
  /** Ids of sensors and tags. */
  readonly sources: readonly string[];
  /** Of a whole machine: alarms of rules about it are silent too. */
  readonly machine?: string | undefined;
}

/** A value that is not known suppresses nothing: silence needs a reason. */
export function ruleHolds({ below, above, equals }: SuppressRule, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (below !== undefined && !(value < below)) return false;
  if (above !== undefined && !(value > above)) return false;
  return equals === undefined || value === Number(equals);
}

/** The rule in words, as the reason of the inhibit: "pump/speed < 10". */
export function ruleText({ tag, below, above, equals }: SuppressRule): string {
  const name = tag.slice(tag.lastIndexOf("/") + 1);
  return [
    ...(below === undefined ? [] : [`${name} < ${below}`]),
    ...(above === undefined ? [] : [`${name} > ${above}`]),
    ...(equals === undefined ? [] : [`${name} = ${equals}`]),
  ].join(", ");
}
