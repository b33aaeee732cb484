import type { ModelRolloutSpec, Wave, WaveStatus } from "../ports/resources.ts";
import { isPending, type Member, rankOf } from "./journal.ts";

/** How many devices of the fleet may have been offered the version when this wave is open. Later waves are never smaller. */
export function targetOf({ waves }: Pick<ModelRolloutSpec, "waves">, place: number, fleet: number): number {
  const sizes = waves
    .slice(0, place + 1)
    .map(({ devices, percent }) => devices ?? Math.ceil((fleet * (percent ?? 0)) / 100));
  return Math.min(fleet, Math.max(0, ...sizes));
}

/** The devices of one wave, counted. */
export interface Tally {
  /** With those that are still to be offered it. */
  readonly devices: number;
  readonly begun: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly pending: number;
}

/** @param target of the wave, in devices of all waves so far */
export function tallyOf(members: readonly Member[], place: number, target: number): Tally {
  const own = members.filter(({ step }) => step.wave === place);
  const earlier = members.filter(({ step }) => step.wave < place).length;
  return {
    devices: Math.max(own.length, target - earlier),
    begun: own.length,
    succeeded: own.filter(({ step }) => step.step === "Updated").length,
    failed: own.filter(({ step }) => rankOf(step.step) >= rankOf("Failed")).length,
    pending: own.filter(({ step }) => isPending(step)).length,
  };
}

/** More failed than may: at least `leastErrors`, so that one device of two stops no fleet. */
export const hasTooManyErrors = ({ devices, failed }: Tally, wave: Wave): boolean =>
  failed >= Math.max(1, wave.leastErrors) && failed * 100 > wave.errorPercent * devices;

export const hasSucceeded = ({ begun, devices, succeeded }: Tally, wave: Wave): boolean =>
  begun === devices && succeeded * 100 >= wave.successPercent * devices;

/** Nobody is left who could bring it over its threshold. */
export const canNotSucceed = (tally: Tally, wave: Wave): boolean =>
  tally.pending === 0 && tally.begun === tally.devices && !hasSucceeded(tally, wave);

/** When the rest after the wave is over. */
export const soakedMs = ({ succeededTime }: WaveStatus, wave: Wave): number =>
  Date.parse(succeededTime ?? "") + wave.soakMinutes * 60_000;
