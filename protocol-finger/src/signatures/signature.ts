import type { FactValue, Labels } from "../fingerprint.ts";

/** What a fact must be. */
export type Condition =
  | { readonly kind: "is"; readonly value: FactValue }
  | { readonly kind: "matches"; readonly pattern: RegExp }
  | { readonly kind: "oneOf"; readonly values: readonly FactValue[] }
  | { readonly kind: "within"; readonly atLeast: number; readonly atMost: number }
  | { readonly kind: "exists"; readonly exists: boolean };

/** Facts that belong together, and what they say of a device. */
export interface Signature {
  readonly id: string;
  readonly source: string;
  /** By key of the fact; all must hold. */
  readonly when: ReadonlyMap<string, Condition>;
  readonly supports: Labels;
  /** What the facts speak against. */
  readonly against: Labels;
  /** 0..1. */
  readonly weight: number;
  readonly examples: readonly SignatureExample[];
}

export interface SignatureExample {
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly supports: Labels;
}

/** All signatures that a verdict is made with. */
export interface SignatureSet {
  readonly all: readonly Signature[];
}
