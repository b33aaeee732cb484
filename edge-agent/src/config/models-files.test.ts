import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { checkConfig } from "../config.ts";
import { ConfigError } from "./problem.ts";

const here = import.meta.dirname;
const there = join(here, "problem.ts");
const device = {
  name: "plc",
  protocol: "modbus-tcp",
  connection: { host: "127.0.0.1" },
  groups: [
    {
      name: "g",
      periodMs: 1000,
      tags: [{ name: "t", asset: "a/l/c/m", address: "hr:0,UINT16", unit: "1" }],
    },
  ],
};

const check = (models: object) =>
  checkConfig(join(here, "agent.yaml"), stringify({ version: 1, site: "s", models, devices: [device] }), {
    modelFolder: here,
    modelKeys: [],
  });

function problemsOf(models: object): readonly string[] {
  try {
    check(models);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe("files that the settings of models name", () => {
  it("are taken from the folder of the configuration file", () => {
    const { models } = check({
      registry: { url: "registry", trustedKeys: ["problem.ts"], channelKeys: ["problem.ts"] },
      fleet: { report: { url: "reports" } },
      field: { upload: { url: "s3://field/plant" } },
      retraining: { webhook: { url: "https://mlops.example", tokenFile: "problem.ts" } },
    }).settings;
    expect(models.registry).toMatchObject({
      url: join(here, "registry"),
      trustedKeys: [there],
      channelKeys: [there],
    });
    expect(models.fleet?.report.url).toBe(join(here, "reports"));
    expect(models.field.upload?.url).toBe("s3://field/plant");
    expect(models.retraining.webhook?.tokenFile).toBe(there);
  });

  it("must be there", () => {
    const s3 = { endpoint: "https://s3.example:9000", caFile: "no-ca.pem" };
    const webhook = { url: "https://mlops.example", tokenFile: "no-token" };
    expect(
      problemsOf({
        registry: { url: "s3://m", s3, trustedKeys: ["no.pub"], channelKeys: ["no.pub"] },
        fleet: { report: { url: "s3://r", s3 } },
        retraining: { webhook },
      }),
    ).toEqual([
      expect.stringContaining("models.registry.trustedKeys[0]: there is no key file"),
      expect.stringContaining("models.registry.channelKeys[0]: there is no key file"),
      expect.stringContaining("models.fleet.report.s3.caFile: there is no certificate file"),
      expect.stringContaining("models.registry.s3.caFile: there is no certificate file"),
      expect.stringContaining("models.retraining.webhook.tokenFile: there is no token file"),
    ]);
  });

  it("hold a key at least where there is a registry", () => {
    expect(problemsOf({ registry: { url: "registry" } })).toEqual([expect.stringContaining("names no key")]);
  });
});
