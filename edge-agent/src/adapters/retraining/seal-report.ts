import { fleetReportSchema, type OwnSigner, signSelf } from "@stethos/models";
import { FLEET_REPORT_TYPE } from "../../core/fleet-report.ts";
import type { SealReport } from "../../ports/fleet.ts";

/** Signs reports: DSSE v1.0 as `seal.ts`, with the device's public key in what is signed, for whoever leads the fleet pins it
 *  when the device is first seen. */
export function createReportSeal(key: OwnSigner): SealReport {
  return (report) => signSelf(FLEET_REPORT_TYPE, fleetReportSchema.parse(report), key);
}
