import { join } from "node:path";
import type { DiagnosisCode } from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { wilson } from "../../edge-agent/src/cli/evaluate/statistics.ts";
import { type PlannedFault, runFaults, startFaultyDevice } from "../plant/zoo/fault-proxy.ts";
import { FAULT_KINDS, FAULTS, type FaultKind } from "../plant/zoo/faults.ts";
import { zooProfiles } from "../plant/zoo/index.ts";
import { runInNamespace } from "../plant/zoo/namespace.ts";
import type { ZooProfile } from "../plant/zoo/zoo-profile.ts";
import { type Bench, median, type Report } from "./harness.ts";
import { type AgentTry, agentReads } from "./zoo/agent-client.ts";
import type { Pulled } from "./zoo/cable-pull-child.ts";
import { canBeRead } from "./zoo/can-be-read.ts";
import { identifyAlone } from "./zoo/identify-alone.ts";
import { falseLabels } from "./zoo/labels.ts";
import { sideBySide } from "./zoo/side-by-side.ts";
import { faultOf } from "./zoo/starts.ts";
import { stockReads } from "./zoo/stock.ts";

const STARTS = 20;
const SIDE_BY_SIDE = 24;
/** A device without a free connection is left alone for a minute, so a start may take longer than one. */
const LIMIT_MS = 120_000;
/** To say what is wrong. */
const CAUSE_LIMIT_MS = 60_000;
const LATE_MS = 3000;

interface Start {
  readonly profile: ZooProfile;
  readonly number: number;
  readonly seed: number;
}

interface Outcome {
  readonly start: Start;
  readonly fault: FaultKind | undefined;
  readonly stock: boolean;
  readonly agent: AgentTry;
  readonly wrongLabels: readonly string[];
}

interface Explained {
  readonly what: string;
  readonly wanted: readonly DiagnosisCode[];
  readonly found: DiagnosisCode | undefined;
  readonly wrongLabels: readonly string[];
}

const seedOf = (profile: number, number: number): number => 1000 * profile + number;

/** One start of a device with its fault, read by whoever `read` is. */
async function withDevice<R>(
  { profile, number, seed }: Start,
  read: (endpoint: Parameters<typeof agentReads>[1], fault: PlannedFault | undefined) => Promise<R>,
): Promise<R> {
  const device = await startFaultyDevice(await profile.start({ seed, latencyScale: 1 }), {
    seed,
    lateMs: LATE_MS,
  });
  const over = new AbortController();
  const fault = faultOf(device, number, seed);
  const weather = runFaults(device, fault === undefined ? [] : [fault], createSystemClock(), over.signal);
  try {
    return await read(device.endpoints[0], fault);
  } finally {
    over.abort();
    await weather;
    await device.close();
  }
}

/** The stock library and the agent, each on a device of its own with the same seed and the same fault. */
async function runStart(start: Start): Promise<Outcome> {
  const { profile } = start;
  const stock = await withDevice(start, (endpoint) => stockReads(profile, endpoint, LIMIT_MS));
  return await withDevice(start, async (endpoint, fault) => {
    const agent = await agentReads(profile, endpoint, { limitMs: LIMIT_MS });
    const wrongLabels = agent.fingerprints.flatMap((one) =>
      falseLabels(profile, one, fault?.kind === "new-firmware"),
    );
    return { start, fault: fault?.kind, stock, agent, wrongLabels };
  });
}

/** On loopback a connection opens although nothing passes; in a namespace the packets themselves are dropped. */
async function pullCable({ id }: ZooProfile): Promise<Pick<Explained, "found" | "wrongLabels">> {
  const child = join(import.meta.dirname, "zoo/cable-pull-child.ts");
  const { diagnosis } = JSON.parse(await runInNamespace(child, [id, String(CAUSE_LIMIT_MS)])) as Pulled;
  return { found: diagnosis ?? undefined, wrongLabels: [] };
}

/** A device that cannot be read, or one whose fault stays: what does the agent say? */
async function explain(profile: ZooProfile, fault: FaultKind | undefined): Promise<Explained | undefined> {
  const seed = seedOf(zooProfiles.indexOf(profile), 500);
  const wanted =
    fault === undefined
      ? [profile.expected.diagnosis ?? "UNKNOWN_DEVICE"]
      : (FAULTS[fault].expectedDiagnosis ?? []);
  const what = `${profile.id}${fault === undefined ? "" : ` with ${fault}`}`;
  if (fault === "cable-pull") return { what, wanted, ...(await pullCable(profile)) };
  const device = await startFaultyDevice(await profile.start({ seed, latencyScale: 1 }), {
    seed,
    lateMs: LATE_MS,
  });
  try {
    if (profile.tags.length === 0) {
      const fingerprint = await identifyAlone(device.endpoints[0]);
      const codes = fingerprint.diagnoses.map(({ code }) => code);
      const found = codes.find((code) => wanted.includes(code)) ?? codes[0];
      return { what, wanted, found, wrongLabels: falseLabels(profile, fingerprint, false) };
    }
    if (fault !== undefined && !device.suffers(fault)) return undefined;
    if (fault !== undefined) await device.begin(fault);
    const until = { limitMs: CAUSE_LIMIT_MS, diagnoses: wanted };
    const { diagnosis, fingerprints } = await agentReads(profile, device.endpoints[0], until);
    const wrongLabels = fingerprints.flatMap((one) => falseLabels(profile, one, false));
    return { what, wanted, found: diagnosis, wrongLabels };
  } finally {
    await device.close();
  }
}

/** Faults that stay and stop everything, tried on a device of each protocol. */
const LASTING: readonly FaultKind[] = ["cable-pull", "power-cycle", "slots-taken"];
const LASTING_ON: readonly string[] = ["s7-315-v26", "s7-1511-2013", "modicon-m340", "s7-1500-opcua"];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function printTable(outcomes: readonly Outcome[], profiles: readonly ZooProfile[], report: Report): void {
  report("| device | stock library | agent | 95 % interval | verdict, frames | first values |");
  report("| --- | ---: | ---: | ---: | ---: | ---: |");
  for (const profile of profiles) {
    const own = outcomes.filter(({ start }) => start.profile === profile);
    const stock = own.filter((one) => one.stock).length;
    const reads = own.filter(({ agent }) => agent.reads).length;
    const [low, high] = wilson(reads, own.length);
    const verdicts = own.flatMap(({ agent }) => agent.fingerprints.slice(0, 1));
    const verdict =
      verdicts.length === 0
        ? "-"
        : `${median(verdicts.map(({ spent }) => spent.ms)).toFixed(0)} ms, ${median(verdicts.map(({ spent }) => spent.frames))}`;
    const first = median(own.filter(({ agent }) => agent.reads).map(({ agent }) => agent.ms));
    report(
      `| ${profile.title} | ${stock} of ${own.length} | ${reads} of ${own.length} | ${percent(low)} .. ${percent(high)} | ${verdict} | ${first.toFixed(0)} ms |`,
    );
  }
}

export const zoo: Bench = {
  name: "zoo",
  explains:
    `connection success over the zoo of simulated devices: every device that can be read x ${STARTS} seeded starts, most of ` +
    `them with a fault of a few seconds; success is the right value of every tag within ${LIMIT_MS / 1000} s. Baseline: one try of the stock ` +
    "library for the tags' notation with its defaults (nodes7: rack 0, slot 2, PDU 960, 8 jobs; modbus-serial: unit 1, 1 s; " +
    "node-opcua: no security); adaptive: the agent with auto://. Then devices that cannot be read, and faults that stay: " +
    "rightCause is the share whose diagnosis is the right one; falseLabels counts wrong families and firmwares that any " +
    "verdict claims with confidence >= 0.9. Minutes, not seconds",
  async run(report) {
    const readable = zooProfiles.filter(canBeRead);
    const starts = readable.flatMap((profile) =>
      Array.from({ length: STARTS }, (_, number) => ({
        profile,
        number,
        seed: seedOf(zooProfiles.indexOf(profile), number),
      })),
    );
    let done = 0;
    const outcomes = await sideBySide(starts, SIDE_BY_SIDE, async (start) => {
      const outcome = await runStart(start);
      done += 1;
      if (!outcome.agent.reads) {
        report(
          `${start.profile.id}, start ${start.number} (${outcome.fault ?? "no fault"}): not read; ${outcome.agent.diagnosis ?? "no diagnosis"}`,
        );
      }
      if (done % 50 === 0) report(`${done} of ${starts.length} starts`);
      return outcome;
    });
    printTable(outcomes, readable, report);

    const cases = [
      ...zooProfiles
        .filter((profile) => !canBeRead(profile))
        .map((profile) => ({ profile, fault: undefined })),
      ...readable
        .filter(({ id }) => LASTING_ON.includes(id))
        .flatMap((profile) =>
          FAULT_KINDS.filter((kind) => LASTING.includes(kind)).map((fault) => ({ profile, fault })),
        ),
    ];
    const causes = await sideBySide(cases, SIDE_BY_SIDE, ({ profile, fault }) => explain(profile, fault));
    const explained = causes.filter((one) => one !== undefined);
    for (const { what, wanted, found } of explained) {
      const isRight = found !== undefined && wanted.includes(found);
      report(
        `${isRight ? "right" : "WRONG"} cause: ${what}: ${found ?? "none"}${isRight ? "" : ` where ${wanted.join(" or ")} is right`}`,
      );
    }
    const wrong = [...outcomes, ...explained].flatMap(({ wrongLabels }) => wrongLabels);
    for (const words of new Set(wrong)) report(`false label: ${words}`);

    const share = (list: readonly Outcome[], is: (one: Outcome) => boolean) =>
      list.filter(is).length / list.length;
    const agentShare = (list: readonly Outcome[]) => share(list, ({ agent }) => agent.reads);
    const [low, high] = wilson(outcomes.filter(({ agent }) => agent.reads).length, outcomes.length);
    const verdicts = outcomes.flatMap(({ agent }) => agent.fingerprints.slice(0, 1));
    return {
      starts: outcomes.length,
      baselineSuccess: 100 * share(outcomes, ({ stock }) => stock),
      baselineWithoutFaults:
        100 *
        share(
          outcomes.filter(({ fault }) => fault === undefined),
          ({ stock }) => stock,
        ),
      adaptiveSuccess: 100 * agentShare(outcomes),
      adaptiveLow: 100 * low,
      adaptiveHigh: 100 * high,
      worstProfileSuccess:
        100 *
        Math.min(
          ...readable.map((profile) => agentShare(outcomes.filter(({ start }) => start.profile === profile))),
        ),
      falseLabels: wrong.length,
      rightCause:
        (100 *
          explained.filter(({ found, wanted }) => found !== undefined && wanted.includes(found)).length) /
        explained.length,
      medianVerdictMs: median(verdicts.map(({ spent }) => spent.ms)),
      medianFrames: median(verdicts.map(({ spent }) => spent.frames)),
    };
  },
};
