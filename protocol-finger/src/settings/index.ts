// What configurations are checked with, without what speaks to devices.
export { type AllowList, parseAllowList } from "../allow-list.ts";
export { FingerError } from "../finger-error.ts";
export { PROTOCOL_IDS } from "../fingerprint.ts";
export { type TunnelArea, tunnelAreas } from "../tunnel/areas.ts";
export { mapAddress } from "../tunnel/mapping.ts";
