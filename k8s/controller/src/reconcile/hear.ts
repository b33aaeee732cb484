import type { Clock } from "@stethos/protocol-finger/clock";
import { type Fleet, FleetError, type SignedReport } from "../ports/fleet.ts";
import type { EdgeDevice } from "../ports/resources.ts";
import { nodeOf } from "./mirror.ts";

/** The reports of the fleet as they were read last. */
export interface Hearing {
  /** @returns whether any of them is new, or the store answers again
   *  @throws the signal's reason */
  listen(signal: AbortSignal): Promise<boolean>;
  readonly reports: ReadonlyMap<string, SignedReport>;
  /** Since then the store has answered every time. While it does not, it is now: nobody can be heard. */
  readonly readableSinceMs: number;
  /** Why it gives no answer. */
  readonly failure: FleetError | undefined;
  /** By the name of the device, without those that another key signed than the one that is known. */
  of(devices: readonly EdgeDevice[]): ReadonlyMap<string, SignedReport>;
}

export interface HearingDeps {
  readonly fleet: Fleet;
  readonly clock: Clock;
  /** Fingerprint of a public key (PEM); undefined for what is none. */
  keyIdOf(pem: string): string | undefined;
  /** Told when it begins: a report that is not believed. */
  onRefused(key: string, why: string): void;
}

export function createHearing({ fleet, clock, keyIdOf, onRefused }: HearingDeps): Hearing {
  let reports: ReadonlyMap<string, SignedReport> = new Map();
  let sinceMs: number | undefined;
  let failure: FleetError | undefined;
  let refused: ReadonlySet<string> = new Set();
  const nowMs = () => clock.nowUs() / 1000;

  function tell(now: ReadonlyMap<string, string>): void {
    for (const [key, why] of now) if (!refused.has(key)) onRefused(key, why);
    refused = new Set(now.keys());
  }

  const isKnown = ({ spec, status }: EdgeDevice, { keyId }: SignedReport): boolean => {
    const pinned = spec.publicKey === undefined ? status?.keyId : keyIdOf(spec.publicKey);
    return spec.publicKey === undefined ? pinned === undefined || pinned === keyId : pinned === keyId;
  };

  return {
    async listen(signal) {
      try {
        const seen = await fleet.reports(signal);
        const before = reports;
        reports = new Map(seen.reports.map((one) => [one.report.node, one]));
        tell(new Map(seen.refused.map(({ key, why }) => [key, why])));
        const wasDeaf = sinceMs === undefined;
        sinceMs ??= nowMs();
        failure = undefined;
        return (
          wasDeaf ||
          seen.reports.some(({ report }) => before.get(report.node)?.report.sequence !== report.sequence)
        );
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof FleetError)) throw thrown;
        failure = thrown;
        sinceMs = undefined;
        return false;
      }
    },
    get reports() {
      return reports;
    },
    get readableSinceMs() {
      return sinceMs ?? nowMs();
    },
    get failure() {
      return failure;
    },
    of(devices) {
      const own = new Map<string, SignedReport>();
      for (const device of devices) {
        const node = nodeOf(device);
        const signed = reports.get(node);
        if (signed !== undefined && isKnown(device, signed)) own.set(node, signed);
      }
      return own;
    },
  };
}
