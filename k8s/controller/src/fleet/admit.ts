import { ModelError, trustPem } from "@stethos/models";
import type { SignedReport } from "../ports/fleet.ts";

/** What is known of a device beside its reports. */
export interface KnownDevice {
  /** Its public key (PEM), where somebody named it. */
  readonly publicKey?: string | undefined;
  /** Fingerprint of the key that was seen first. */
  readonly keyId?: string | undefined;
  /** Of the newest report that was taken, also before this process began. */
  readonly sequence?: number | undefined;
}

export type Known = (node: string) => KnownDevice | undefined;

/** Why a report is not let in; "" where it is. Its signature was checked with the key that it names.
 *  @param good the newest of this device that was let in by this process */
export function admit({ report, keyId }: SignedReport, good: SignedReport | undefined, known: Known): string {
  const device = known(report.node);
  const pinned = pinOf(device);
  if (typeof pinned === "object") return pinned.why;
  if (pinned !== undefined && pinned !== keyId) {
    return `it is signed with key ${keyId.slice(0, 16)}, and the device's is ${pinned.slice(0, 16)}; if the device was set up anew, remove its pinned key`;
  }
  const seen = good?.keyId === keyId ? good.report.sequence : 0;
  const newest = Math.max(seen, device?.keyId === keyId ? (device.sequence ?? 0) : 0);
  if (report.sequence >= newest) return "";
  return `it is number ${report.sequence}, and ${newest} was seen: an old report was put back`;
}

function pinOf(device: KnownDevice | undefined): string | { readonly why: string } | undefined {
  if (device?.publicKey === undefined) return device?.keyId;
  try {
    return trustPem(device.publicKey).keys[0]?.keyId;
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    return { why: `the public key that is given for the device cannot be read: ${thrown.message}` };
  }
}
