import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type AgentConfig, checkConfig } from "../config.ts";

const defaults = { modelFolder: fileURLToPath(new URL(".", import.meta.url)), modelKeys: [] };

/** @param tag what is said of the temperature; @param machine of its pump */
function check(tag: object, machine: object = {}): AgentConfig {
  const asset = "hall/l1/c1/pump";
  const common = { asset, unit: "Cel" };
  const file = {
    version: 1,
    site: "bremen",
    devices: [
      {
        name: "plc",
        protocol: "s7",
        connection: { host: "10.0.0.5" },
        groups: [
          {
            name: "g",
            periodMs: 1000,
            tags: [
              { ...common, name: "temperature", address: "DB1,REAL0", ...tag },
              { ...common, name: "speed", address: "DB1,REAL4", unit: "/min" },
            ],
            waveforms: [
              {
                ...common,
                name: "vibration",
                unit: "[g]",
                address: "DB1,INT8.16",
                sequence: "DB1,INT100",
                sampleRateHz: 1000,
                samples: 16,
              },
            ],
          },
        ],
      },
    ],
    machines: [{ asset, ...machine }],
  };
  return checkConfig("agent.yaml", JSON.stringify(file), defaults);
}

/** The problems as their paths and words. */
function problems(tag: object, machine: object = {}): string {
  try {
    check(tag, machine);
    return "";
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

describe("alarms in the configuration", () => {
  it("are limits of a tag with their defaults, and the criticality of a machine", () => {
    const { tags, machines } = check({ limits: { high: 80, highHigh: 90 } }, { criticality: "high" });
    expect(tags.find(({ name }) => name === "temperature")?.limits).toEqual({
      high: 80,
      highHigh: 90,
      hysteresis: 0,
      delayS: 0,
    });
    expect(tags.find(({ name }) => name === "speed")?.limits).toBeUndefined();
    expect(machines[0]?.criticality).toBe("high");
    expect(check({}).machines[0]?.criticality).toBe("normal");
  });

  it("are suppressed while a tag of the same asset, or of any, says so", () => {
    const id = "bremen/hall/l1/c1/pump";
    const rule = { tag: "speed", below: 10 };
    const { suppressions } = check(
      { limits: { high: 80 }, suppressWhile: { tag: "hall/l1/c1/pump/speed", equals: false } },
      { suppressWhile: rule },
    );
    expect(suppressions).toEqual([
      {
        rule: { tag: `${id}/speed`, below: 10 },
        sources: [`${id}/vibration`, `${id}/temperature`],
        machine: id,
      },
      { rule: { tag: `${id}/speed`, equals: false }, sources: [`${id}/temperature`] },
    ]);
  });

  it.each([
    [{ limits: { high: 90, highHigh: 80 } }, "high (90) must be below highHigh (80)"],
    [{ limits: {} }, "has no limit"],
    [{ limits: { high: 90, delayS: -1 } }, "delayS"],
    [{ limits: { hihg: 90 } }, "hihg"],
    [{ address: "DB1,STRING0.20", limits: { high: 1 } }, "only numbers can have limits"],
    [{ suppressWhile: { tag: "speed", below: 1 } }, "has no limits to be silent about"],
    [
      { limits: { high: 1 }, suppressWhile: { tag: "sped", below: 1 } },
      'there is no tag "bremen/hall/l1/c1/pump/sped"',
    ],
    [{ limits: { high: 1 }, suppressWhile: { tag: "speed" } }, 'needs "below", "above" or "equals"'],
  ])("refuse %j", (tag, message) => {
    expect(problems(tag)).toContain(message);
  });
});
