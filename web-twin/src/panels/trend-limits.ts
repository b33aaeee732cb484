import type { TrendSubject } from "../state/trend-board.ts";
import type { Ask } from "../stream/ask.ts";
import { askTagLimits } from "../stream/tag-limits.ts";

/** The configured limits of tags that are drawn, each asked for once. */
export interface TrendLimits {
  want(subjects: readonly TrendSubject[]): void;
  /** In the tag's own unit; none until the agent told them. */
  of(tag: string): readonly number[];
  dispose(): void;
}

export function createTrendLimits({
  ask,
  changed,
}: {
  readonly ask: Ask;
  readonly changed: () => void;
}): TrendLimits {
  const page = new AbortController();
  const known = new Map<string, readonly number[]>();
  return {
    want(subjects) {
      for (const { kind, id } of subjects) {
        if (kind !== "tag" || known.has(id)) continue;
        known.set(id, []);
        askTagLimits(ask, id, page.signal).then(
          (limits) => {
            known.set(id, limits);
            if (limits.length > 0 && !page.signal.aborted) changed();
          },
          // A trend without its limits is a trend all the same; its own request says what is wrong with the agent.
          () => {},
        );
      }
    },
    of: (tag) => known.get(tag) ?? [],
    dispose: () => page.abort(),
  };
}
