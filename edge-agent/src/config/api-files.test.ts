import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { checkConfig } from "../config.ts";

const here = import.meta.dirname;
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

const check = (api: object) =>
  checkConfig(join(here, "agent.yaml"), stringify({ version: 1, site: "s", api, devices: [device] }), {
    modelFolder: here,
    modelKeys: [],
  }).settings.api;

describe("the tokens that the settings of the API name", () => {
  it("are taken from the folder of the configuration file, with role and name", () => {
    const tokens = [
      { role: "viewer", file: "secrets/wall" },
      { role: "operator", name: "Ada Byron", file: "/run/secrets/ada" },
    ];
    const api = check({ tokenFile: "token", tokens });
    expect(api.tokenFile).toBe(join(here, "token"));
    expect(api.tokens).toEqual([
      { role: "viewer", file: join(here, "secrets/wall") },
      { role: "operator", name: "Ada Byron", file: "/run/secrets/ada" },
    ]);
  });

  it("are none unless some are named", () => {
    expect(check({}).tokens).toEqual([]);
  });

  it("have a role of the table", () => {
    expect(() => check({ tokens: [{ role: "admin", file: "a" }] })).toThrow("api.tokens");
  });
});
