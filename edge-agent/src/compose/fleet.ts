import { join } from "node:path";
import { openStore } from "@stethos/models";
import { createReportPlace } from "../adapters/field-store/sink.ts";
import { asEdgeError } from "../adapters/registry/edge-error.ts";
import { openDeviceKey } from "../adapters/retraining/device-key.ts";
import { createReportSeal } from "../adapters/retraining/seal-report.ts";
import { createStateFile } from "../adapters/state-file/state-file.ts";
import type { ModelsSettings } from "../config/models-schema.ts";
import { EdgeError } from "../core/errors.ts";
import { deviceChannels, fleetReportKey, isFleetNode } from "../core/fleet-report.ts";
import { fleetNewsOf } from "../core/fleet-report-of.ts";
import {
  createReportFleet,
  defaultReportPolicy,
  type ReportDeps,
  type ReportFleet,
} from "../flow/report-fleet.ts";
import type { RollOut } from "../flow/roll-out.ts";
import { type ChannelOptions, defaultChannelOptions } from "../flow/roll-out-channels.ts";

/** Which channels this device follows: its own in a fleet, where what is pointed at is meant for it and tried.
 *  @throws EdgeError CONFIG_INVALID for a node that no channel can be called by */
export function channelsOf(settings: ModelsSettings, node: string): ChannelOptions {
  const { fleet, pollSeconds } = settings;
  const startOn = settings.startOn ?? (fleet === undefined ? defaultChannelOptions.startOn : "both");
  if (fleet !== undefined) requireFleetNode(node);
  if (fleet?.perDeviceChannels === true) {
    const { candidate, stable } = deviceChannels(node);
    return { candidateChannel: candidate, stableChannel: stable, pollSeconds, startOn };
  }
  return {
    candidateChannel: settings.candidateChannel ?? defaultChannelOptions.candidateChannel,
    stableChannel: settings.stableChannel ?? defaultChannelOptions.stableChannel,
    pollSeconds,
    startOn,
  };
}

function requireFleetNode(node: string): void {
  if (isFleetNode(node)) return;
  throw new EdgeError(
    "CONFIG_INVALID",
    `"${node}" cannot be the name of a device in a fleet: letters, digits and "._-", 118 at most, a letter or digit ` +
      "first; set models.node, or STETHOS_NODE in the environment",
  );
}

interface Deps extends Pick<ReportDeps, "clock" | "logger" | "random" | "telemetry"> {
  readonly node: string;
  readonly site: string;
  readonly version: string;
  readonly dataFolder: string;
  readonly rollouts: RollOut;
}

/** Tells the fleet what becomes of the models here; undefined where this device is in none. */
export async function createFleetReporter(
  settings: ModelsSettings,
  deps: Deps,
): Promise<ReportFleet | undefined> {
  const { fleet, registry, name: model } = settings;
  const url = fleet?.report.url ?? registry?.url;
  if (fleet === undefined || url === undefined) return undefined;
  const { node, site, version: agentVersion, dataFolder, rollouts, clock } = deps;
  const s3 = fleet.report.url === undefined ? registry?.s3 : fleet.report.s3;
  const store = await asEdgeError(async () => openStore(url, s3 ?? {}, clock));
  const { everySeconds, leastGapSeconds } = fleet.report;
  return createReportFleet(
    { ...defaultReportPolicy, everyMs: everySeconds * 1000, leastGapMs: leastGapSeconds * 1000 },
    {
      ...deps,
      news: () => fleetNewsOf({ node, site, agentVersion, model }, rollouts.state, surroundingsOf(rollouts)),
      subscribe: rollouts.subscribe,
      seal: createReportSeal(await openDeviceKey(join(dataFolder, "device.key"))),
      place: createReportPlace(store, fleetReportKey(node)),
      sequence: createStateFile(join(dataFolder, "fleet-sequence")),
    },
  );
}

function surroundingsOf(rollouts: RollOut) {
  const { drift, registry } = rollouts.report();
  const isAsked = registry.checkedUs !== undefined;
  return {
    driftConfirmed: drift.sensors.filter(({ kind }) => kind === "confirmed").length,
    registryFailure: isAsked ? registry.reason : "",
  };
}
