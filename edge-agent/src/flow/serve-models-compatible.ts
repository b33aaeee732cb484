import type { ModelContract } from "../ports/scorer.ts";

/** What keeps a challenger from taking the champion's place: it would hear other windows, or what the baselines were
 *  learnt from would mean something else. Undefined where nothing does. */
export function incompatibilityOf(champion: ModelContract, challenger: ModelContract): string | undefined {
  const keys = ["preprocessing", "sampleRateHz", "windowSamples", "frameLength", "spectrumLength"] as const;
  const differing = keys.find((key) => champion[key] !== challenger[key]);
  if (differing === undefined) return undefined;
  return `${differing} is ${challenger[differing]}, the champion's is ${champion[differing]}`;
}
