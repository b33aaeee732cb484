import { FLEET_OUTCOMES, type FleetReport, type FleetVersion } from "./fleet-report.ts";
import type { ModelVersion } from "./model.ts";
import type { OutcomeReport } from "./rollout/rollout-report.ts";
import type { RolloutState, Trial } from "./rollout/rollout-state.ts";
import { rfc3339, type TimeUs } from "./time.ts";

/** What a device is called, and what it runs. */
export interface FleetDevice {
  readonly node: string;
  readonly site: string;
  readonly agentVersion: string;
  /** The model that is followed. */
  readonly model: string;
}

/** What there is to tell beside the rollout. */
export interface FleetSurroundings {
  /** Sensors whose drift is confirmed. */
  readonly driftConfirmed: number;
  /** What is wrong with the registry or its offers; "" where all is well. */
  readonly registryFailure: string;
}

/** A report without what is new in each. */
export type FleetNews = Omit<FleetReport, "sequence" | "time">;

const MOST_FAILURE = 512;

/** What a device tells of its models now. */
export function fleetNewsOf(
  device: FleetDevice,
  state: RolloutState,
  { driftConfirmed, registryFailure }: FleetSurroundings,
): FleetNews {
  const { champion, trial, outcomes, rejected, degradedSinceUs } = state;
  return {
    schemaVersion: 1,
    ...device,
    champion: { ...versionOf(champion.model), sinceTime: rfc3339(champion.sinceUs) },
    ...(trial && { trial: trialOf(trial) }),
    outcomes: outcomes.slice(0, FLEET_OUTCOMES).map(outcomeOf),
    rejected,
    isDegraded: degradedSinceUs !== undefined,
    driftConfirmed,
    ...(registryFailure !== "" && { registryFailure: registryFailure.slice(0, MOST_FAILURE) }),
  };
}

export const fleetReportOf = (news: FleetNews, sequence: number, timeUs: TimeUs): FleetReport => ({
  ...news,
  sequence,
  time: rfc3339(timeUs),
});

const versionOf = ({ version, digest }: Pick<ModelVersion, "digest" | "version">): FleetVersion => ({
  version,
  digest,
});

const trialOf = ({
  challenger,
  stage,
  stageSinceUs,
  paused,
  held,
}: Trial): NonNullable<FleetReport["trial"]> => ({
  ...versionOf(challenger),
  stage,
  stageSinceTime: rfc3339(stageSinceUs),
  isPaused: paused !== undefined,
  isHeld: held !== undefined,
});

const outcomeOf = ({ kind, model, reason, timeUs }: OutcomeReport): FleetReport["outcomes"][number] => ({
  ...versionOf(model),
  kind,
  reason: reason.code,
  time: rfc3339(timeUs),
});
