/** How many single points may be drawn at once. */
export interface Budget {
  most(): number;
  /** @param ms what a picture with so many single points took until it stood on the screen
   *  @param isLimited more would have been drawn had they been allowed */
  note(ms: number, drawn: number, isLimited: boolean): void;
}

const FEWEST = 4_000;
const MOST = 2_000_000;
/** Pictures of one kind before the budget moves: one slow picture is no reason. */
const PATIENCE = 5;

/** What a picture may take, and with how many points it begins, by what draws. */
export const BUDGETS = {
  software: { targetMs: 60, first: 40_000 },
  card: { targetMs: 33, first: 400_000 },
} as const;

/** Falls quickly when pictures take too long, grows slowly when there is room; between 0.6 and 1.3 of the target it stays. */
export function createBudget({
  targetMs,
  first,
}: {
  readonly targetMs: number;
  readonly first: number;
}): Budget {
  let most = first;
  let slow = 0;
  let fast = 0;
  return {
    most: () => most,
    note(ms, drawn, isLimited) {
      slow = ms > targetMs * 1.3 && drawn > FEWEST ? slow + 1 : 0;
      fast = ms < targetMs * 0.6 && isLimited ? fast + 1 : 0;
      if (slow >= PATIENCE) {
        most = Math.max(FEWEST, Math.round(Math.min(most, drawn) * 0.7));
        slow = 0;
      } else if (fast >= PATIENCE) {
        most = Math.min(MOST, Math.round(most * 1.4));
        fast = 0;
      }
    },
  };
}
