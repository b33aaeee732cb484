import { hostname } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { modelsSettings } from "../config/models-schema.ts";
import { channelsOf } from "./fleet.ts";
import { nodeName } from "./sinks.ts";

const registry = { url: "./registry", trustedKeys: ["release.pub"] };
const channels = (settings: object, node = "node-1") => channelsOf(modelsSettings.parse(settings), node);

describe("the channels that a device follows", () => {
  it("are everybody's, tried on drift, where it is in no fleet", () => {
    expect(channels({})).toEqual({
      candidateChannel: "candidate",
      stableChannel: "stable",
      pollSeconds: 300,
      startOn: "drift",
    });
    expect(channels({ candidateChannel: "eu", startOn: "published" })).toMatchObject({
      candidateChannel: "eu",
      startOn: "published",
    });
  });

  it("are its own in a fleet, and what is pointed there is tried", () => {
    expect(channels({ registry, fleet: {}, pollSeconds: 60 })).toEqual({
      candidateChannel: "candidate.node-1",
      stableChannel: "stable.node-1",
      pollSeconds: 60,
      startOn: "both",
    });
    expect(channels({ registry, fleet: {}, startOn: "drift" }).startOn).toBe("drift");
  });

  it("may be everybody's in a fleet that is only reported on", () => {
    const fleet = { perDeviceChannels: false };
    expect(channels({ registry, fleet, stableChannel: "lts" })).toMatchObject({
      candidateChannel: "candidate",
      stableChannel: "lts",
      startOn: "both",
    });
  });

  it("need a name of the device that a channel can bear", () => {
    expect(() => channels({ registry, fleet: {} }, "a".repeat(119))).toThrow(/STETHOS_NODE/);
  });
});

describe("the name of a device", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is the configured one, else the environment's, else the host's", () => {
    vi.stubEnv("STETHOS_NODE", "jetson-7");
    expect(nodeName("named")).toBe("named");
    expect(nodeName(undefined)).toBe("jetson-7");
    vi.stubEnv("STETHOS_NODE", "");
    expect(nodeName(undefined)).toBe(hostname());
  });
});
