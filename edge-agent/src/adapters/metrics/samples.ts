import type { StateMetric } from "./table.ts";

export type Labels = Readonly<Record<string, string>>;

/** One line of the text. */
export interface Sample {
  readonly name: StateMetric;
  readonly labels: Labels;
  readonly value: number;
}

export const sample = (name: StateMetric, value: number, labels: Labels = {}): Sample => ({
  name,
  labels,
  value,
});

export const flag = (is: boolean): number => (is ? 1 : 0);

/** Each state is there, so that a query sees a state end; all 0 is "in none". */
export const stateSet = (
  name: StateMetric,
  states: readonly string[],
  state: string | undefined,
): readonly Sample[] => states.map((one) => sample(name, flag(one === state), { state: one }));

/** How many there are of each state, also of those that nobody is in. */
export function countedBy(
  name: StateMetric,
  states: readonly string[],
  found: readonly string[],
): readonly Sample[] {
  const counts = new Map(states.map((state) => [state, 0]));
  for (const state of found) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => sample(name, count, { state }));
}

/** Nothing is told of a time that is not known: 0 would be 1970. */
export const timeIfKnown = (
  name: StateMetric,
  us: number | undefined,
  labels: Labels = {},
): readonly Sample[] => (us === undefined ? [] : [sample(name, us / 1e6, labels)]);
