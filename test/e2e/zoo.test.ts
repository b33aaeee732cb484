import { createSystemClock } from "@stethos/protocol-finger/clock";
import { beforeAll, describe, expect, it } from "vitest";
import { type AgentTry, agentReads } from "../bench/zoo/agent-client.ts";
import { canBeRead } from "../bench/zoo/can-be-read.ts";
import { identifyAlone } from "../bench/zoo/identify-alone.ts";
import { falseLabels } from "../bench/zoo/labels.ts";
import { sideBySide } from "../bench/zoo/side-by-side.ts";
import { type PlannedFault, runFaults, startFaultyDevice } from "../plant/zoo/fault-proxy.ts";
import { zooProfiles } from "../plant/zoo/index.ts";
import type { ZooProfile } from "../plant/zoo/zoo-profile.ts";

// The short form of `npm run bench -- zoo`: each device once, with two faults.
const FAULTS: readonly PlannedFault[] = [
  { kind: "power-cycle", fromMs: 400, untilMs: 1000 },
  { kind: "split", fromMs: 1100 },
];
const SIDE_BY_SIDE = 12;
const LIMIT_MS = 90_000;

interface Outcome extends AgentTry {
  readonly wrongLabels: readonly string[];
}

const readable = zooProfiles.filter(canBeRead);
const unreadable = zooProfiles.filter((profile) => !canBeRead(profile) && profile.tags.length > 0);
const driverless = zooProfiles.filter(({ tags }) => tags.length === 0);
const outcomes = new Map<string, Outcome>();

async function start(profile: ZooProfile): Promise<void> {
  const { diagnosis } = profile.expected;
  const device = await startFaultyDevice(await profile.start({ seed: 11, latencyScale: 1 }), {
    seed: 11,
    lateMs: 1000,
  });
  const over = new AbortController();
  // What cannot be read is asked in fair weather: why not?
  const weather = runFaults(device, canBeRead(profile) ? FAULTS : [], createSystemClock(), over.signal);
  const agent = await agentReads(profile, device.endpoints[0], {
    limitMs: LIMIT_MS,
    ...(diagnosis !== undefined && { diagnoses: [diagnosis] }),
  });
  over.abort();
  await weather;
  await device.close();
  const wrongLabels = agent.fingerprints.flatMap((one) => falseLabels(profile, one, false));
  outcomes.set(profile.id, { ...agent, wrongLabels });
}

beforeAll(async () => {
  await sideBySide([...readable, ...unreadable], SIDE_BY_SIDE, start);
}, 600_000);

describe("the agent with auto:// alone", () => {
  it.each(readable)("reads every tag of $id through a power cycle and split segments", ({ id }) => {
    expect(outcomes.get(id)).toMatchObject({ reads: true, wrongLabels: [] });
  });

  it.each(unreadable)("says why $id cannot be read", ({ id, expected }) => {
    expect(outcomes.get(id)).toMatchObject({
      reads: false,
      diagnosis: expected.diagnosis,
      wrongLabels: [],
    });
  });
});

describe("a fingerprint alone", () => {
  it.each(driverless)("names $id and says that there is no driver for it", async (profile) => {
    const device = await profile.start({ seed: 11, latencyScale: 1 });
    const fingerprint = await identifyAlone(device.endpoints[0]).finally(() => device.close());
    const { mode, diagnosis, ...labels } = profile.expected;
    expect(fingerprint).toMatchObject(labels);
    expect(fingerprint.profile.mode).toBe(mode);
    expect(fingerprint.diagnoses.map(({ code }) => code)).toContain(diagnosis);
  });
});
