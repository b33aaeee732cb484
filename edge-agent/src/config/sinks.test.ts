import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkConfig } from "../config.ts";
import { ConfigError } from "./problem.ts";
import { sinkOfUrl } from "./sink-url.ts";

const folder = mkdtempSync(join(tmpdir(), "stethos-sinks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const defaults = { modelFolder: folder, modelKeys: [] };
const PLANT = `version: 1
site: works
devices:
  - name: press
    protocol: modbus-tcp
    connection: { host: 127.0.0.1 }
    groups:
      - name: fast
        periodMs: 100
        tags:
          - { name: temp, asset: hall/line/cell/press, address: "hr:0,float32", unit: Cel }
`;

const check = (sinks: string, more: readonly unknown[] = []) =>
  checkConfig(join(folder, "agent.yaml"), `${PLANT}${sinks}`, { ...defaults, sinks: more });

function problemsOf(sinks: string): readonly string[] {
  try {
    check(sinks);
  } catch (thrown) {
    if (thrown instanceof ConfigError)
      return thrown.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
    throw thrown;
  }
  return [];
}

describe("the sinks of a configuration", () => {
  it("have usual settings, names, and files beside the configuration", () => {
    writeFileSync(join(folder, "secret"), "x");
    const { sinks } = check(
      "sinks:\n  - { kind: postgres, url: postgres://stethos@db/plant, passwordFile: secret }\n",
    ).settings;
    expect(sinks).toMatchObject([
      { kind: "postgres", name: "postgres", passwordFile: join(folder, "secret"), schema: "stethos" },
    ]);
  });

  it("need a name of their own each", () => {
    const two = "sinks:\n  - { kind: mqtt, url: mqtt://a }\n  - { kind: mqtt, url: mqtt://b }\n";
    expect(problemsOf(two)).toEqual([
      expect.stringMatching(/^\d+ sinks\[1\]\.name: there is another sink "mqtt"/),
    ]);
  });

  it("are refused where a file is missing, with its line", () => {
    const lost = "sinks:\n  - kind: nifi\n    url: https://nifi/contentListener\n    caFile: ca.pem\n";
    expect(problemsOf(lost)).toEqual([`15 sinks[0].caFile: there is no file ${join(folder, "ca.pem")}`]);
  });

  it("are refused where the kind is none", () => {
    expect(problemsOf("sinks:\n  - { kind: kafka }\n")).toEqual([expect.stringContaining("sinks[0]")]);
  });

  it("may come from the command line beside those of the file", () => {
    const { sinks } = check("sinks:\n  - { kind: mqtt, url: mqtt://a }\n", [
      sinkOfUrl("postgres://stethos@db/plant"),
    ]).settings;
    expect(sinks.map(({ kind }) => kind)).toEqual(["mqtt", "postgres"]);
  });
});

describe("an address of a sink", () => {
  it.each([
    ["postgres://me@db/plant", { kind: "postgres", url: "postgres://me@db/plant" }],
    ["mqtts://broker:8883", { kind: "mqtt", url: "mqtts://broker:8883" }],
    ["sparkplug+mqtt://broker/Plant1", { kind: "sparkplug", urls: ["mqtt://broker"], groupId: "Plant1" }],
    ["https://nifi:8443/contentListener", { kind: "nifi", url: "https://nifi:8443/contentListener" }],
    [
      "postgres://me@db/plant?sslmode=require&passwordFile=/run/secret",
      { kind: "postgres", url: "postgres://me@db/plant?sslmode=require", passwordFile: "/run/secret" },
    ],
    [
      "mqtts://broker?username=me&passwordFile=/run/secret",
      { kind: "mqtt", url: "mqtts://broker", username: "me", passwordFile: "/run/secret" },
    ],
    ["/var/spool/stethos", { kind: "file", folder: "/var/spool/stethos" }],
  ])("%s says what kind it is", (address, sink) => {
    expect(sinkOfUrl(address)).toEqual(sink);
  });

  it("holds no password, and does not repeat it", () => {
    expect(() => sinkOfUrl("postgres://me:hunter2@db/plant")).toThrow(/passwordFile/);
    expect(() => sinkOfUrl("postgres://me:hunter2@db/plant")).not.toThrow(/hunter2/);
  });

  it("finds its files from where one stands", () => {
    expect(sinkOfUrl("postgres://me@db/plant?passwordFile=secret")).toMatchObject({
      passwordFile: resolve("secret"),
    });
  });

  it("is refused where nobody speaks it", () => {
    expect(() => sinkOfUrl("kafka://broker")).toThrow(/"kafka:\/\/broker" is no sink/);
  });
});
