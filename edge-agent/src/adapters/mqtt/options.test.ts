import { describe, expect, it } from "vitest";
import { mqttSinkOptions, sparkplugSinkOptions } from "./options.ts";

const problems = (options: object): string[] =>
  mqttSinkOptions
    .safeParse({ url: "mqtts://broker.example:8883", ...options })
    .error?.issues.map(({ message }) => message) ?? [];

describe("options of the MQTT sinks", () => {
  it("need an address and nothing else", () => {
    expect(mqttSinkOptions.parse({ url: "mqtt://localhost" })).toMatchObject({
      protocolVersion: "auto",
      mode: "reading",
      streams: ["readings", "scores", "health", "alarms", "gaps"],
      topics: {
        readings: "stethos/{site}/{area}/{line}/{cell}/{asset}/{name}",
        status: "stethos/_status/{node}",
      },
    });
    expect(sparkplugSinkOptions.parse({ urls: ["mqtts://a.example"], groupId: "works" })).toMatchObject({
      rebirthMinMs: 5000,
      sequences: false,
    });
  });

  it("do not send a password in plain text beyond this machine, unless they are told to", () => {
    const secret = { username: "edge", passwordFile: "/run/secrets/mqtt" };
    expect(problems({ ...secret, url: "mqtt://broker.example:1883" })).toEqual([
      expect.stringContaining("plain text"),
    ]);
    expect(problems({ ...secret, url: "mqtt://127.0.0.1:1883" })).toEqual([]);
    expect(problems({ ...secret, url: "mqtt://broker.example", allowPlainPassword: true })).toEqual([]);
    expect(problems(secret)).toEqual([]);
  });

  it.each([
    [{ url: "http://broker.example" }, "must be an address like"],
    [{ url: "mqtts://edge:secret@broker.example" }, "holds a user or a password"],
    [{ passwordFile: "/run/secrets/mqtt" }, "goes with a username"],
    [{ certFile: "edge.pem" }, "go together"],
    [{ topics: { readings: "plant/{nobody}" } }, "{nobody} is no word of this topic"],
    [{ topic: "x" }, "Unrecognized key"],
  ])("refuse %o", (options, why) => {
    expect(problems(options)).toEqual([expect.stringContaining(why)]);
  });

  it("take no Sparkplug id that is more than a level of a topic", () => {
    const parse = (groupId: string) =>
      sparkplugSinkOptions.safeParse({ urls: ["mqtts://a.example"], groupId }).success;
    expect(["works", "a/b", "a+b", "a#b", ""].map(parse)).toEqual([true, false, false, false, false]);
  });
});
