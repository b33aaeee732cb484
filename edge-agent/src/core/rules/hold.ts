import type { TimeUs } from "../time.ts";

/** Since when a condition is what it is, and whether it counts. */
export interface Hold {
  readonly isOn: boolean;
  /** Since when the condition is against `isOn`; undefined while it agrees or is not known. */
  readonly againstSinceUs: TimeUs | undefined;
}

export const OFF: Hold = { isOn: false, againstSinceUs: undefined };
export const ON: Hold = { isOn: true, againstSinceUs: undefined };

/** One judgement more. What is not known keeps things as they are: it raises nothing, it clears nothing, and what was
 *  seen before it cannot be known to have lasted.
 *  @param holdUs so long the condition must be true to count; `clearUs`: so long false to end */
export function stepHold(
  hold: Hold,
  truth: boolean | undefined,
  timeUs: TimeUs,
  { holdUs, clearUs }: { readonly holdUs: number; readonly clearUs: number },
): Hold {
  if (truth === undefined || truth === hold.isOn)
    return hold.againstSinceUs === undefined ? hold : hold.isOn ? ON : OFF;
  // A clock that was set back begins anew.
  const since = Math.min(hold.againstSinceUs ?? timeUs, timeUs);
  if (timeUs - since >= (truth ? holdUs : clearUs)) return truth ? ON : OFF;
  return hold.againstSinceUs === since ? hold : { isOn: hold.isOn, againstSinceUs: since };
}
