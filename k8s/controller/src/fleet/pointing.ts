import { deviceChannels, isFleetNode } from "@stethos/edge-agent/core";
import { ModelError, type Pointer, type Registry, type Signer, type Trust } from "@stethos/models";
import type { Clock } from "@stethos/protocol-finger/clock";
import { FleetError, type PointerTimes, type Pointing } from "../ports/fleet.ts";

export interface PointingDeps {
  readonly registry: Registry;
  readonly signer: Signer;
  /** Whose pointers count: what the devices trust, no less, or the numbers of the pointers would begin anew. */
  readonly trust: Trust;
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;
/** Devices whose clocks are behind take a new pointer at once. */
const BACKDATED_MS = 300_000;
/** Of its time, when a pointer is signed again. */
const RENEW_BELOW = 1 / 3;
/** The same in a round of renewals, which begins at half of the time of the oldest: those that were offered the version some
 *  days later go along, and have no round of their own. */
const RENEW_ALONG_BELOW = 3 / 4;

/** The candidate channel of a device, pointed at a version. */
export async function pointAt(pointing: Pointing, deps: PointingDeps, signal: AbortSignal): Promise<void> {
  const { candidate } = channelsOf(pointing);
  const now = nowMs(deps);
  const current = await currentOf(pointing, candidate, deps, signal);
  if (current !== undefined && saysSo(current, pointing, false, now)) return;
  await set(pointing, candidate, { isRollback: false, now, current }, deps, signal);
}

/** The candidate channel of a device, kept pointed at what it points at. */
export async function renewAt(
  pointing: Pointing,
  deps: PointingDeps,
  signal: AbortSignal,
): Promise<PointerTimes | undefined> {
  const { candidate } = channelsOf(pointing);
  const now = nowMs(deps);
  const current = await currentOf(pointing, candidate, deps, signal);
  if (current !== undefined && !names(current, pointing, false)) return undefined;
  if (current !== undefined && hasMore(current, pointing, now, RENEW_ALONG_BELOW)) return timesOf(current);
  return timesOf(await set(pointing, candidate, { isRollback: false, now, current }, deps, signal));
}

const timesOf = ({ notBefore, expires }: Pointer): PointerTimes => ({
  signedMs: Date.parse(notBefore) + BACKDATED_MS,
  expiresMs: Date.parse(expires),
});

/** Both channels, declared as a return: first what may be tried, so that no device begins what is being called back; then
 *  what must be returned to. Devices follow a recall once, by the number of its pointer: one that is older than what the
 *  candidate channel says has been followed, so it is signed anew. */
export async function pointBack(pointing: Pointing, deps: PointingDeps, signal: AbortSignal): Promise<void> {
  const { candidate, stable } = channelsOf(pointing);
  const now = nowMs(deps);
  const tried = await currentOf(pointing, candidate, deps, signal);
  const isTriedBack = tried !== undefined && saysSo(tried, pointing, true, now);
  const since = isTriedBack
    ? tried
    : await set(pointing, candidate, { isRollback: true, now, current: tried }, deps, signal);
  const kept = await currentOf(pointing, stable, deps, signal);
  const isNew = kept !== undefined && Date.parse(kept.notBefore) >= Date.parse(since.notBefore);
  if (isNew && saysSo(kept, pointing, true, now)) return;
  await set(pointing, stable, { isRollback: true, now, current: kept }, deps, signal);
}

const nowMs = ({ clock }: PointingDeps): number => clock.nowUs() / 1000;

function channelsOf({ node }: Pointing) {
  if (isFleetNode(node)) return deviceChannels(node);
  throw new FleetError("refused", `"${node}" cannot be the name of a device: it has no channels`);
}

/** Undefined where there is none, or only one whose time is over. */
async function currentOf(
  { model }: Pointing,
  channel: string,
  { registry, trust, clock }: PointingDeps,
  signal: AbortSignal,
): Promise<Pointer | undefined> {
  try {
    return await registry.pointer(model, channel, trust, clock.nowUs() / 1000, signal);
  } catch (thrown) {
    if (thrown instanceof ModelError && thrown.code === "MODEL_EXPIRED") return undefined;
    throw thrown;
  }
}

const saysSo = (pointer: Pointer, pointing: Pointing, isRollback: boolean, now: number): boolean =>
  names(pointer, pointing, isRollback) && hasMore(pointer, pointing, now, RENEW_BELOW);

const names = (pointer: Pointer, { version, digest }: Pointing, isRollback: boolean): boolean =>
  pointer.version === version && pointer.manifestSha256 === digest && pointer.isRollback === isRollback;

const hasMore = ({ expires }: Pointer, { expiresDays }: Pointing, now: number, share: number): boolean =>
  Date.parse(expires) - now > expiresDays * DAY_MS * share;

interface Want {
  readonly isRollback: boolean;
  readonly now: number;
  readonly current: Pointer | undefined;
}

function set(
  { model, version, digest, expiresDays }: Pointing,
  channel: string,
  { isRollback, now, current }: Want,
  { registry, signer, trust }: PointingDeps,
  signal: AbortSignal,
): Promise<Pointer> {
  const wanted = {
    name: model,
    channel,
    version,
    manifestSha256: digest,
    notBefore: new Date(now - BACKDATED_MS).toISOString(),
    expires: new Date(now + expiresDays * DAY_MS).toISOString(),
    isRollback,
    ...(current && { after: current.sequence }),
  };
  return registry.setPointer(wanted, signer, trust, now, signal);
}
