import type { Fact, Labels, ProtocolId, ProtocolSeen } from "./fingerprint.ts";

/** What is known of a device when its profile is chosen. */
export interface Findings {
  /** As it was dialled. */
  readonly host: string;
  readonly labels: Labels;
  readonly facts: readonly Fact[];
  /** Those that were tried. */
  readonly protocols: readonly ProtocolSeen[];
  /** Where protocols are, tried or not. */
  readonly ports: Readonly<Record<ProtocolId, number>>;
}
