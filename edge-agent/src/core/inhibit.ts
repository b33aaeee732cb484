import type { Inhibit } from "./alarm-types.ts";
import type { TimeUs } from "./time.ts";

/** What people decided of one source. */
export type SourceInhibits = Readonly<Partial<Record<"out-of-service" | "shelved", Inhibit>>>;

/** Every source of which people decided something. What the design suppresses is found out anew after each start. */
export type Inhibits = ReadonlyMap<string, SourceInhibits>;

export type InhibitCommand =
  | {
      readonly kind: "shelve";
      readonly source: string;
      readonly by: string;
      readonly reason: string;
      readonly minutes: number;
    }
  | { readonly kind: "unshelve"; readonly source: string; readonly by: string }
  | { readonly kind: "out-of-service"; readonly source: string; readonly by: string; readonly reason: string }
  | { readonly kind: "return-to-service"; readonly source: string; readonly by: string };

/** Why a command was refused. */
export type InhibitRefusal = "bad-minutes" | "out-of-service" | "too-many";

export type InhibitStep =
  | { readonly kind: "refused"; readonly why: InhibitRefusal }
  /** There was nothing to do. */
  | { readonly kind: "unchanged"; readonly inhibits: Inhibits }
  /** `before` is what the new one replaces: a shelving that is renewed. */
  | {
      readonly kind: "set";
      readonly inhibits: Inhibits;
      readonly inhibit: Inhibit;
      readonly before?: Inhibit;
    }
  | { readonly kind: "lifted"; readonly inhibits: Inhibits; readonly inhibit: Inhibit };

/** A week: what is to be silent for longer is out of service. */
export const MOST_SHELVED_MINUTES = 10_080;
/** Sources that people may have inhibited at a time. */
export const MOST_INHIBITED = 10_000;
const MINUTE_US = 60e6;

/** What a screen shows of a source: what people decided for good stands before what the plant's state brings, and that
 *  before what ends by itself. */
export const shownInhibit = (
  own: SourceInhibits | undefined,
  byDesign: Inhibit | undefined,
): Inhibit | undefined => own?.["out-of-service"] ?? byDesign ?? own?.shelved;

/** The next inhibits. Shelving what is shelved renews it, taking out what is out does too; lifting what is not there
 *  changes nothing. What is out of service cannot be shelved: the shelving would end and the silence would not. */
export function stepInhibits(inhibits: Inhibits, command: InhibitCommand, nowUs: TimeUs): InhibitStep {
  const { source } = command;
  switch (command.kind) {
    case "shelve":
      return shelve(inhibits, command, nowUs);
    case "unshelve":
      return lift(inhibits, source, "shelved");
    case "return-to-service":
      return lift(inhibits, source, "out-of-service");
    case "out-of-service": {
      const { by, reason } = command;
      if (isFull(inhibits, source)) return { kind: "refused", why: "too-many" };
      const { shelved: _, ...others } = inhibits.get(source) ?? {};
      return set(inhibits, others, { kind: "out-of-service", source, by, reason, fromUs: nowUs });
    }
  }
}

function shelve(
  inhibits: Inhibits,
  { source, by, reason, minutes }: Extract<InhibitCommand, { kind: "shelve" }>,
  nowUs: TimeUs,
): InhibitStep {
  if (!(minutes >= 1 && minutes <= MOST_SHELVED_MINUTES)) return { kind: "refused", why: "bad-minutes" };
  const own = inhibits.get(source) ?? {};
  if (own["out-of-service"] !== undefined) return { kind: "refused", why: "out-of-service" };
  if (isFull(inhibits, source)) return { kind: "refused", why: "too-many" };
  const untilUs = nowUs + minutes * MINUTE_US;
  return set(inhibits, own, { kind: "shelved", source, by, reason, fromUs: nowUs, untilUs });
}

const isFull = (inhibits: Inhibits, source: string): boolean =>
  !inhibits.has(source) && inhibits.size >= MOST_INHIBITED;

function set(
  inhibits: Inhibits,
  others: SourceInhibits,
  inhibit: Inhibit & { readonly kind: keyof SourceInhibits },
): InhibitStep {
  const before = inhibits.get(inhibit.source)?.[inhibit.kind];
  const next = new Map(inhibits).set(inhibit.source, { ...others, [inhibit.kind]: inhibit });
  return { kind: "set", inhibits: next, inhibit, ...(before && { before }) };
}

function lift(inhibits: Inhibits, source: string, kind: keyof SourceInhibits): InhibitStep {
  const own = inhibits.get(source);
  const inhibit = own?.[kind];
  if (inhibit === undefined) return { kind: "unchanged", inhibits };
  const { [kind]: _, ...rest } = own ?? {};
  const next = new Map(inhibits);
  if (Object.keys(rest).length === 0) next.delete(source);
  else next.set(source, rest);
  return { kind: "lifted", inhibits: next, inhibit };
}

/** Shelvings whose time is over. One that would end later than a week from now belongs to a clock that was wrong:
 *  nothing is ever silent for longer than was asked. */
export const endedBy = (inhibits: Inhibits, nowUs: TimeUs): readonly Inhibit[] =>
  [...inhibits.values()].flatMap(({ shelved }) =>
    shelved !== undefined && isOver(shelved, nowUs) ? [shelved] : [],
  );

const isOver = ({ untilUs = 0 }: Inhibit, nowUs: TimeUs): boolean =>
  nowUs >= untilUs || untilUs - nowUs > MOST_SHELVED_MINUTES * MINUTE_US;

/** All of them, to be kept over a restart. */
export const allInhibits = (inhibits: Inhibits): readonly Inhibit[] =>
  [...inhibits.values()]
    .flatMap((own) => [own["out-of-service"], own.shelved])
    .filter((inhibit) => inhibit !== undefined);

export function inhibitsFrom(list: readonly Inhibit[]): Inhibits {
  const inhibits = new Map<string, SourceInhibits>();
  for (const one of list) inhibits.set(one.source, { ...inhibits.get(one.source), [one.kind]: one });
  return inhibits;
}
