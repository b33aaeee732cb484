import { blockProblem, counterProblem } from "@stethos/protocol-finger/s7";
import type { TunnelArea } from "@stethos/protocol-finger/settings";
import { EdgeError } from "../../core/errors.ts";
import type { AddressProblem, ScanPlan, WaveformSource } from "../../ports/driver.ts";
import { parseTunnelAddress, type TunnelAddress } from "./address.ts";

/** An address with the words to speak of it. */
export interface NamedAddress extends TunnelAddress {
  readonly name: string;
  /** As the operator wrote it. */
  readonly text: string;
}

/** A scan plan with the registers of its addresses. */
export interface DeviceMap {
  readonly device: string;
  readonly tags: readonly NamedAddress[];
  /** Indices into `tags`. */
  readonly groups: readonly (readonly number[])[];
  readonly waveforms: readonly { readonly block: NamedAddress; readonly sequence: NamedAddress }[];
}

/** @throws EdgeError ADDRESS_INVALID naming the tag, and the character or the reason why it cannot travel */
export function mapDevice(plan: ScanPlan, areas: readonly TunnelArea[]): DeviceMap {
  return {
    device: plan.device,
    tags: plan.tags.map((tag) => named(tag.id, tag.address, areas)),
    groups: plan.groups.map((group) => group.tags),
    waveforms: plan.waveforms.map((waveform) => mapWaveform(waveform, areas)),
  };
}

function mapWaveform(waveform: WaveformSource, areas: readonly TunnelArea[]): DeviceMap["waveforms"][number] {
  const { id, address, samples, sequenceAddress } = waveform;
  const block = named(id, address, areas);
  const sequence = named(id, sequenceAddress, areas);
  refuse(id, address, blockProblem(block.address, samples));
  refuse(id, sequenceAddress, counterProblem(sequence.address));
  return { block, sequence };
}

function named(name: string, text: string, areas: readonly TunnelArea[]): NamedAddress {
  const parsed = parseTunnelAddress(text, areas);
  if ("problem" in parsed) throw invalid(name, text, parsed.problem);
  return { name, text, ...parsed };
}

function refuse(name: string, text: string, problem: AddressProblem | undefined): void {
  if (problem !== undefined) throw invalid(name, text, problem);
}

const invalid = (name: string, text: string, { at, message }: AddressProblem): EdgeError =>
  new EdgeError("ADDRESS_INVALID", `${name}: address "${text}", character ${at + 1}: ${message}`);
