import { isIP } from "node:net";
import { isHostName } from "../allow-list.ts";
import { FingerError } from "../finger-error.ts";

/** A host as people write it, "[fe80::1]" too.
 *  @throws FingerError OPTION_INVALID */
export function hostOf(text: string): string {
  const host = text.trim().replace(/^\[([0-9a-f:.]+(%.+)?)\]$/i, "$1");
  if (isIP(host) !== 0 || isHostName(host)) return host;
  throw new FingerError(
    "OPTION_INVALID",
    `"${text}" is neither an address nor a name: write 10.0.0.5, fe80::1%eth0 or plc7.plant.example; ` +
      "a port goes into --port s7=1102",
  );
}
