import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { AllowList } from "./allow-list.ts";
import type { Clock } from "./clock/clock.ts";
import { FingerError } from "./finger-error.ts";

/** All addresses of a name, the preferred one first. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export const resolveName: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

export interface AdmitDeps {
  readonly allow: AllowList;
  readonly clock: Clock;
  readonly resolve: Resolve;
}

const LIMIT_MS = 5000;

/** The address behind `host`, if it is one that may be spoken to. From here on the name is not asked again: what it
 *  points to a moment later has not been allowed.
 *  @throws FingerError TARGET_NOT_ALLOWED, PLC_UNREACHABLE where a name has no address; the signal's reason */
export async function admit(host: string, deps: AdmitDeps, signal: AbortSignal): Promise<string> {
  const [address] = await addressesOf(host, deps, signal);
  if (address === undefined) throw unresolved(host);
  if (deps.allow.hasAddress(address)) return address;
  if (await isNamed(address, deps, signal)) return address;
  throw new FingerError(
    "TARGET_NOT_ALLOWED",
    `${host === address ? host : `${host} (${address})`} is not in the allow-list of devices that may be spoken to: ` +
      `add "${address}" to it if the device is yours to examine`,
  );
}

/** Whether a name of the list stands for the address; one that cannot be resolved stands for none. */
async function isNamed(address: string, deps: AdmitDeps, signal: AbortSignal): Promise<boolean> {
  const found = await Promise.allSettled(deps.allow.names.map((name) => addressesOf(name, deps, signal)));
  signal.throwIfAborted();
  return found.some((one) => one.status === "fulfilled" && one.value.includes(address));
}

async function addressesOf(host: string, deps: AdmitDeps, signal: AbortSignal): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  signal.throwIfAborted();
  const deadline = deps.clock.deadline(LIMIT_MS, signal);
  try {
    return await Promise.race([deps.resolve(host), aborted(deadline.signal)]);
  } catch (cause) {
    signal.throwIfAborted();
    throw unresolved(host, cause);
  } finally {
    deadline.dispose();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function unresolved(host: string, cause?: unknown): FingerError {
  return new FingerError(
    "PLC_UNREACHABLE",
    `the name ${host} has no address: check its spelling and this machine's name server, or write the address`,
    { cause },
  );
}
