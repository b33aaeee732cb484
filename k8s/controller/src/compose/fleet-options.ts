import type { ControllerConfig } from "../config.ts";
import type { FleetOptions } from "../fleet/fleet.ts";

/** What the registry's side is told of a configuration. */
export const fleetOptions = (config: ControllerConfig): FleetOptions => ({
  registry: { url: config.registry },
  ...(config.reports !== undefined && { reports: { url: config.reports } }),
  signingKey: config.keyFile,
  passphraseFile: config.passphraseFile,
  trustedKeys: config.trust,
  channelKeys: config.channelKeys,
});
