import { describe, expect, it } from "vitest";
import { deviceChannels, isFleetNode } from "./fleet-report.ts";
import { fleetNewsOf, fleetReportOf } from "./fleet-report-of.ts";
import { defaultRolloutPolicy } from "./rollout/rollout-policy.ts";
import { initialState } from "./rollout/rollout-state.ts";
import { step } from "./rollout/step.ts";

const device = { node: "node-1", site: "hall-7", agentVersion: "0.1.0", model: "listener" };
const version = (number: number) => ({
  name: "listener",
  version: `0.${number}.0`,
  digest: String(number).repeat(64),
  sequence: number,
});
const calm = { driftConfirmed: 0, registryFailure: "" };
const START_US = 1_700_000_000_000_000;

describe("what a device tells its fleet", () => {
  it("is its champion, and nothing that is not so", () => {
    const news = fleetNewsOf(device, initialState(version(1), START_US), calm);
    expect(fleetReportOf(news, 7, START_US + 1e6)).toEqual({
      schemaVersion: 1,
      ...device,
      sequence: 7,
      time: "2023-11-14T22:13:21.000000Z",
      champion: { version: "0.1.0", digest: version(1).digest, sinceTime: "2023-11-14T22:13:20.000000Z" },
      outcomes: [],
      rejected: [],
      isDegraded: false,
      driftConfirmed: 0,
    });
  });

  it("is the trial, and how it ended", () => {
    const offered = { kind: "offered", model: version(2), because: "published", timeUs: START_US } as const;
    const begun = step(initialState(version(1), START_US), offered, defaultRolloutPolicy);
    expect(
      fleetNewsOf(device, begun, { driftConfirmed: 2, registryFailure: "x".repeat(2000) }),
    ).toMatchObject({
      trial: { version: "0.2.0", stage: "verify", isPaused: false, isHeld: false },
      driftConfirmed: 2,
      registryFailure: "x".repeat(512),
    });
    const ended = [
      { kind: "command", command: "abort", by: "Ann", timeUs: START_US } as const,
      { kind: "done", stage: "rollback", timeUs: START_US } as const,
    ].reduce((state, event) => step(state, event, defaultRolloutPolicy), begun);
    expect(fleetNewsOf(device, ended, calm)).toMatchObject({
      outcomes: [{ version: "0.2.0", kind: "rolled-back", reason: "by-hand" }],
      rejected: [version(2).digest],
    });
  });
});

describe("the name of a device in a fleet", () => {
  it.each(["node-1", "ip-10-0-0-1.eu-central-1.compute.internal", "N".repeat(118)])("may be %s", (node) => {
    expect(isFleetNode(node)).toBe(true);
    expect(deviceChannels(node).candidate.length).toBeLessThanOrEqual(128);
  });

  it.each(["", "-node", "a/b", "nöde", "N".repeat(119)])("may not be %j", (node) => {
    expect(isFleetNode(node)).toBe(false);
  });
});
