import { join } from "node:path";
import { runInNamespace } from "../plant/zoo/namespace.ts";
import { type Bench, median } from "./harness.ts";

const ROUNDS = 5;

/** What one look at the device took and gave. */
export interface Examination {
  readonly ms: number;
  /** Of these the device's own: from a frame to its answer. */
  readonly roundTripsMs: number;
  /** That reached the device. */
  readonly frames: number;
  readonly connections: number;
  /** Single statements about the device. */
  readonly facts: number;
  /** Order number and firmware. */
  readonly isRight: boolean;
}

export interface Round {
  readonly ours: Examination;
  readonly nmap: Examination;
}

export const fingerprint: Bench = {
  name: "fingerprint",
  explains:
    "one known device, an S7-315-2 PN/DP V2.6.1 with MODBUSPN (simulated, 102 and 502 open), our verdict against " +
    "`nmap -sV --script s7-info,modbus-discover -p 102,502` on the same device: time, frames that reached it, and single " +
    "statements that came of it; verdictMs is without the device's own round trips. Needs a network namespace",
  async run(report) {
    const child = join(import.meta.dirname, "fingerprint-child.ts");
    const rounds = JSON.parse(await runInNamespace(child, [String(ROUNDS)])) as Round[];
    for (const [i, { ours, nmap }] of rounds.entries()) {
      for (const [name, one] of Object.entries({ ours, nmap })) {
        report(
          `round ${i + 1}, ${name}: ${one.ms.toFixed(0)} ms, ${one.connections} connections, ${one.frames} frames, ` +
            `${one.facts} facts, ${one.isRight ? "right" : "WRONG or incomplete"}`,
        );
      }
    }
    const of = (who: keyof Round, what: (one: Examination) => number) =>
      median(rounds.map((round) => what(round[who])));
    const ratio = (what: (one: Examination) => number) => of("ours", what) / of("nmap", what);
    return {
      frames: of("ours", ({ frames }) => frames),
      verdictMs: of("ours", ({ ms, roundTripsMs }) => ms - roundTripsMs),
      wholeMs: of("ours", ({ ms }) => ms),
      nmapMs: of("nmap", ({ ms }) => ms),
      timeVsNmap: ratio(({ ms }) => ms),
      framesVsNmap: ratio(({ frames }) => frames),
      connectionsVsNmap: ratio(({ connections }) => connections),
      factsVsNmap: ratio(({ facts }) => facts),
      right: rounds.filter(({ ours }) => ours.isRight).length / rounds.length,
      nmapRight: rounds.filter(({ nmap }) => nmap.isRight).length / rounds.length,
    };
  },
};
