import { EdgeError } from "../../core/errors.ts";
import type { ScanPlan } from "../../ports/driver.ts";
import { type OpcuaAddress, parseOpcuaAddress } from "./address.ts";
import { type IndexRange, parseIndexRange } from "./index-range.ts";

/** What a plan wants watched. A client handle is the index of a tag or, from `tags.length` on, that of a waveform
 *  whose block counter is watched. */
export interface Items {
  readonly tags: readonly OpcuaAddress[];
  /** Index ranges of the tags that have one. */
  readonly ranges: readonly (IndexRange | undefined)[];
  readonly blocks: readonly OpcuaAddress[];
  readonly sequences: readonly OpcuaAddress[];
}

/** @throws EdgeError ADDRESS_INVALID */
export function itemsOf(plan: ScanPlan): Items {
  const tags = plan.tags.map((tag) => addressOf(tag.id, tag.address));
  return {
    tags,
    ranges: tags.map((address) => parseIndexRange(address.indexRange)),
    blocks: plan.waveforms.map((waveform) => addressOf(waveform.id, waveform.address)),
    sequences: plan.waveforms.map((waveform) =>
      addressOf(`sequence of ${waveform.id}`, waveform.sequenceAddress),
    ),
  };
}

function addressOf(what: string, text: string): OpcuaAddress {
  const parsed = parseOpcuaAddress(text);
  if ("address" in parsed) return parsed.address;
  const { at, message } = parsed.problem;
  throw new EdgeError("ADDRESS_INVALID", `${what}: ${message} (character ${at + 1} of "${text}")`);
}
