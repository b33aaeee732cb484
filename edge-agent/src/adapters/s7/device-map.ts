import {
  type AddressProblem,
  blockProblem,
  counterProblem,
  parseS7Address,
  type S7Address,
} from "@stethos/protocol-finger/s7";
import { EdgeError } from "../../core/errors.ts";
import type { ScanPlan, WaveformSource } from "../../ports/driver.ts";

/** An address with the words to speak of it. */
export interface NamedAddress {
  readonly name: string;
  /** As the operator wrote it. */
  readonly text: string;
  readonly address: S7Address;
}

/** A scan plan with its addresses understood. */
export interface DeviceMap {
  readonly device: string;
  readonly tags: readonly NamedAddress[];
  /** Indices into `tags`. */
  readonly groups: readonly (readonly number[])[];
  readonly waveforms: readonly { readonly block: NamedAddress; readonly sequence: NamedAddress }[];
}

/** @throws EdgeError ADDRESS_INVALID naming the tag and the character */
export function mapDevice(plan: ScanPlan): DeviceMap {
  return {
    device: plan.device,
    tags: plan.tags.map((tag) => named(tag.id, tag.address)),
    groups: plan.groups.map((group) => group.tags),
    waveforms: plan.waveforms.map(mapWaveform),
  };
}

function mapWaveform(waveform: WaveformSource): DeviceMap["waveforms"][number] {
  const block = named(waveform.id, waveform.address);
  const problem = blockProblem(block.address, waveform.samples);
  if (problem !== undefined) throw invalid(waveform.id, waveform.address, problem);
  const sequence = named(waveform.id, waveform.sequenceAddress);
  const uncounted = counterProblem(sequence.address);
  if (uncounted !== undefined) throw invalid(waveform.id, waveform.sequenceAddress, uncounted);
  return { block, sequence };
}

function named(name: string, text: string): NamedAddress {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) throw invalid(name, text, parsed.problem);
  return { name, text, address: parsed.address };
}

const invalid = (name: string, text: string, problem: AddressProblem): EdgeError =>
  new EdgeError(
    "ADDRESS_INVALID",
    `${name}: address "${text}", character ${problem.at + 1}: ${problem.message}`,
  );
