import type { AddressBase } from "@stethos/protocol-finger/modbus";
import { EdgeError } from "../../core/errors.ts";
import type { ScanPlan } from "../../ports/driver.ts";
import { type AddressUse, parseAddressFor } from "./address-use.ts";
import { type Field, type FieldDefaults, fieldOf } from "./field.ts";
import { createGroupPlan, type PlanLimits } from "./group-plan.ts";
import type { Group } from "./group-reader.ts";
import { type RegisterRun, registerRun } from "./waveform-reader.ts";

export interface CompileOptions extends FieldDefaults, PlanLimits {
  readonly addressBase: AddressBase;
}

/** A plan with its addresses understood. */
export interface CompiledPlan {
  readonly groups: readonly Group[];
  readonly waveforms: readonly { readonly samples: RegisterRun; readonly sequence: RegisterRun }[];
  /** How many units are asked. */
  readonly units: number;
}

/** @throws EdgeError ADDRESS_INVALID naming the tag and the offending character */
export function compilePlan(plan: ScanPlan, options: CompileOptions): CompiledPlan {
  const rules = { addressBase: options.addressBase, isSerial: plan.protocol === "modbus-rtu" };
  const compile = (name: string, text: string, use: AddressUse): Field => {
    const parsed = parseAddressFor(text, use, rules);
    if (parsed.ok) return fieldOf(parsed.address, options);
    const { at, message } = parsed.problem;
    throw new EdgeError("ADDRESS_INVALID", `${name}: address "${text}", character ${at + 1}: ${message}`);
  };

  const fields = plan.tags.map((tag) => compile(tag.id, tag.address, { kind: "tag" }));
  const waveforms = plan.waveforms.map(({ address, id, samples, sequenceAddress }) => {
    const name = `${id} (sequence)`;
    const block = compile(id, address, { kind: "waveform", samples });
    const counter = compile(name, sequenceAddress, { kind: "sequence" });
    return {
      samples: registerRun(id, { ...block, count: samples }, options.maxRegisters),
      sequence: registerRun(name, counter, options.maxRegisters),
    };
  });
  const groups = plan.groups.map(({ tags }) => groupOf(tags, fields, options));
  const all = [...fields, ...waveforms.flatMap(({ samples, sequence }) => [samples.field, sequence.field])];
  return { groups, waveforms, units: new Set(all.map((field) => field.unit)).size };
}

function groupOf(tags: readonly number[], all: readonly Field[], limits: PlanLimits): Group {
  const fields = tags.map((tag) => {
    const field = all[tag];
    if (field === undefined) throw new RangeError(`a group names tag ${tag} of ${all.length}`);
    return field;
  });
  return { tags: Uint32Array.from(tags), fields, plan: createGroupPlan(fields, limits) };
}
