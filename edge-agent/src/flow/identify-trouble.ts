import type { DeviceProfile, Diagnosis, DiagnosisCode, Fingerprint } from "@stethos/protocol-finger";
import type { DrivenProfile } from "../ports/identify.ts";
import type { AutoPolicy } from "./identify-policy.ts";

/** Why nothing is read. */
export interface Trouble {
  readonly reason: string;
  readonly cause: Diagnosis | undefined;
}

/** What is known of a device. */
interface Known {
  readonly known: Fingerprint | undefined;
  /** The profile that read a value last. */
  readonly worked: DrivenProfile | undefined;
}

const UNREACHED: readonly (DiagnosisCode | undefined)[] = [
  undefined,
  "HOST_SILENT",
  "LINK_LOST",
  "PORT_CLOSED",
];

/** Of the profile that came furthest: who speaks and refuses tells more than a port that is closed. */
export function worst(failures: readonly Trouble[]): Trouble | undefined {
  const found = failures.find(({ cause }) => !UNREACHED.includes(cause?.code)) ?? failures[0];
  return found && { reason: found.reason, cause: found.cause };
}

/** On the wire a wrong TSAP and a controller without a free connection look the same; a TSAP that was proven is not
 *  wrong. */
export function knownBetter({ known, worked }: Known, profile: DrivenProfile, trouble: Trouble): Trouble {
  const { cause } = trouble;
  if (cause?.code !== "S7_TSAP_REFUSED") return trouble;
  const isSpoken = known?.protocols.some(({ id, state }) => id === "s7" && state === "speaks") === true;
  const proven = [tsapOf(worked), isSpoken ? tsapOf(known.profile) : undefined];
  if (!proven.includes(tsapOf(profile))) return trouble;
  return { ...trouble, cause: { ...cause, code: "S7_NO_FREE_CONNECTION" } };
}

const tsapOf = (profile: DeviceProfile | undefined): number | undefined =>
  profile !== undefined && "remoteTsap" in profile ? profile.remoteTsap : undefined;

export const changed = (observed: string): Trouble => ({
  reason: `another device: ${observed}`,
  cause: { code: "DEVICE_CHANGED", observed },
});

export function away(fingerprint: Fingerprint, port: number, state: "closed" | "filtered"): Trouble {
  const observed = state === "closed" ? `port ${port} refuses connections` : `port ${port} does not answer`;
  const cause = fingerprint.diagnoses[0] ?? {
    code: state === "closed" ? "PORT_CLOSED" : "HOST_SILENT",
    observed,
  };
  return { reason: observed, cause };
}

const SCARCE: readonly (DiagnosisCode | undefined)[] = [
  "MODBUS_BUSY",
  "OPCUA_LIMIT",
  "S7_NO_FREE_CONNECTION",
];

/** What a device needs that has nothing to spare. */
export const leastWait = (trouble: Trouble | undefined, policy: AutoPolicy): number =>
  SCARCE.includes(trouble?.cause?.code) ? policy.scarceMs : 0;
