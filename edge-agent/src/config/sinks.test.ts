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
  const secret = join(folder, "secret-of-address");
  writeFileSync(secret, "x");

  it.each([
    ["postgres://me@db/plant", { kind: "postgres", url: "postgres://me@db/plant" }],
    ["postgres://me@a:5432,b:5433/plant", { kind: "postgres", url: "postgres://me@a:5432,b:5433/plant" }],
    ["mqtts://broker:8883", { kind: "mqtt", url: "mqtts://broker:8883" }],
    ["sparkplug+mqtt://broker/Plant1", { kind: "sparkplug", urls: ["mqtt://broker"], groupId: "Plant1" }],
    ["https://nifi:8443/contentListener", { kind: "nifi", url: "https://nifi:8443/contentListener" }],
    [
      `postgres://me@db/plant?port=5433&host=db&passwordFile=${secret}`,
      { kind: "postgres", url: "postgres://me@db/plant?port=5433&host=db", passwordFile: secret },
    ],
    [
      `mqtts://broker?username=me&passwordFile=${secret}`,
      { kind: "mqtt", url: "mqtts://broker", username: "me", passwordFile: secret },
    ],
    ["/var/spool/stethos", { kind: "file", folder: "/var/spool/stethos" }],
    ["file:///var/spool/my%20data", { kind: "file", folder: "/var/spool/my data" }],
  ])("%s says what kind it is", (address, sink) => {
    expect(sinkOfUrl(address)).toEqual(sink);
  });

  it("holds no password, and does not repeat it", () => {
    for (const address of ["postgres://me:hunter2@db/plant", "mqtt://broker?password=hunter2"]) {
      expect(() => sinkOfUrl(address)).toThrow(/passwordFile/);
      expect(() => sinkOfUrl(address)).not.toThrow(/hunter2/);
    }
  });

  it("finds its files from where one stands", () => {
    expect(sinkOfUrl("postgres://me@db/plant?passwordFile=package.json")).toMatchObject({
      passwordFile: resolve("package.json"),
    });
  });

  it.each([
    [
      "kafka://broker",
      /^--sink "kafka:\/\/broker": "kafka" is no kind of sink; there are postgres:\/\/, .*https:/,
    ],
    ["postgers://me@db/plant", /did you mean "postgres"/],
    ["postgres://", /names no host; expected postgres:\/\/user@host\/database$/],
    ["postgres:/db/plant", /names no host/],
    ["mqtt://", /names no host; expected mqtts:\/\/host$/],
    ["http://", /names no host/],
    ["postgres://me@db", /expected postgres:/],
    ["mqtt://broker:99999", /must be an address like/],
    ["sparkplug+mqtts://broker", /groupId .*expected sparkplug\+mqtts:\/\/host\/GROUP$/],
    ["mqtts://broker?usrname=me", /"usrname" is no option .*did you mean "username"/],
    [
      "postgres://me@db/plant?passwordFile=/nowhere/secret",
      /there is no file \/nowhere\/secret; correct passwordFile/,
    ],
    ["https://nifi/listener?tokenFile=", /tokenFile is empty/],
    ["", /folder/],
  ])("%j is refused with what is wrong and the mend", (address, words) => {
    expect(() => sinkOfUrl(address)).toThrow(words);
  });
});
