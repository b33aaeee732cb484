import { decoyProfiles } from "./decoys.ts";
import { fetchWriteProfile } from "./fetch-write.ts";
import { otherProfiles } from "./other-profiles.ts";
import { s7300Profiles } from "./s7-300-profiles.ts";
import { s7ModbusProfiles } from "./s7-modbus-profiles.ts";
import { s7OtherProfiles } from "./s7-other-profiles.ts";
import { s7SmallProfiles } from "./s7-small-profiles.ts";
import { snap7Profiles } from "./snap7-profiles.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** Every device of the zoo. */
export const zooProfiles: readonly ZooProfile[] = [
  ...s7300Profiles,
  ...s7ModbusProfiles,
  ...snap7Profiles,
  fetchWriteProfile,
  ...s7OtherProfiles,
  ...s7SmallProfiles,
  ...otherProfiles,
  ...decoyProfiles,
];
