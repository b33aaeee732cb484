// In a network namespace, where packets can be made to vanish: PROFILE. Pulls the device's cable, starts the agent and
// prints, as one JSON line, what it says is wrong.
import { execFileSync } from "node:child_process";
import type { DiagnosisCode } from "@stethos/protocol-finger";
import { FAULTS } from "../../plant/zoo/faults.ts";
import { zooProfiles } from "../../plant/zoo/index.ts";
import { agentReads } from "./agent-client.ts";

/** What the agent said with the cable out. */
export interface Pulled {
  readonly diagnosis: DiagnosisCode | null;
}

const [id, limitMs] = process.argv.slice(2);
const profile = zooProfiles.find((one) => one.id === id);
if (profile === undefined) throw new TypeError(`no profile ${id}`);
const device = await profile.start({ seed: 500, latencyScale: 1 });
const [endpoint] = device.endpoints;
execFileSync("nft", [
  "add table inet cable; add chain inet cable input { type filter hook input priority 0; }; " +
    "add rule inet cable input tcp dport != 0 drop",
]);
const { diagnosis } = await agentReads(profile, endpoint, {
  limitMs: Number(limitMs),
  diagnoses: FAULTS["cable-pull"].expectedDiagnosis ?? [],
});
process.stdout.write(`${JSON.stringify({ diagnosis: diagnosis ?? null } satisfies Pulled)}\n`, () =>
  process.exit(0),
);
