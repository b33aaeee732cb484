import type { ZooProfile } from "../../plant/zoo/zoo-profile.ts";

/** Whether there is anything to read from a device, and nothing that forbids it. */
export const canBeRead = ({ expected, tags }: ZooProfile): boolean =>
  tags.length > 0 && expected.mode !== "none" && expected.diagnosis === undefined;
