import { viewFacts } from "./fact-view.ts";
import type { Fact } from "./fingerprint.ts";
import type { Remembered } from "./memory.ts";

/** TSAPs that the device refused in earlier runs, as a fact: one run has not the connections to try them all, so the next
 *  one begins with the others. Once all of them were refused it begins anew. */
export function earlierRefusals({ fingerprint }: Remembered): readonly Fact[] {
  const view = viewFacts(fingerprint.facts);
  const earlier = listOf(view.text("s7.refusedEarlier"));
  const lately = listOf(view.text("s7.refusedTsaps"));
  if (lately.length === 0 || view.number("s7.tsap") !== undefined) return [];
  const isSecondRound = lately.every((tsap) => earlier.includes(tsap));
  const refused = isSecondRound ? lately : [...new Set([...earlier, ...lately])];
  const value = refused.join(",");
  return [
    {
      probe: "s7",
      key: "s7.refusedEarlier",
      value,
      observed: `took no connection at TSAP ${value} in earlier runs`,
      bytes: "",
    },
  ];
}

const listOf = (text = ""): readonly string[] => text.split(",").filter((one) => one !== "");
