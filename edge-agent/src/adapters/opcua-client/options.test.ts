import { describe, expect, it } from "vitest";
import { opcuaOptions } from "./options.ts";

const endpoint = "opc.tcp://plc:4840";

function problems(more: Record<string, unknown>): string[] {
  const parsed = opcuaOptions.safeParse({ endpoint, ...more });
  return parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("the options of an OPC UA device", () => {
  it("are secure unless told otherwise", () => {
    expect(opcuaOptions.parse({ endpoint })).toEqual({
      endpoint,
      securityMode: "SignAndEncrypt",
      securityPolicy: "best",
      trustServer: "listed",
      rewriteHost: true,
      queueSize: 1,
      keepAliveMs: 5000,
      heartbeatMs: 10_000,
      connectTimeoutMs: 10_000,
      requestTimeoutMs: 5000,
    });
  });

  it.each([
    "opc.tcp://plc",
    "opc.tcp://10.0.0.5:4840/UA/Server",
    "opc.tcp://[fe80::1]:4840",
    "opc.tcp://plc-1.local/",
  ])("take the endpoint %s", (url) => {
    expect(problems({ endpoint: url })).toEqual([]);
  });

  it.each([
    "plc:4840",
    "http://plc",
    "opc.tcp://user:secret@plc",
    "opc.tcp://plc:x",
    "opc.tcp://",
    "opc.tcp://a b",
  ])("refuse the endpoint %s", (url) => {
    expect(problems({ endpoint: url })).toEqual([expect.stringContaining("opc.tcp://host:port/path")]);
  });

  it("refuse a port that is none", () => {
    expect(problems({ endpoint: "opc.tcp://plc:65536/x" })).toEqual([expect.stringContaining("65535")]);
  });

  it.each([
    [{ user: "a" }, "user: has no password"],
    [{ passwordFile: "p" }, "user: is missing"],
    [{ user: "a", passwordFile: "p", passwordEnv: "P" }, "passwordEnv: stands beside"],
    [{ securityMode: "None", securityPolicy: "Basic256Sha256" }, "securityPolicy: has no meaning"],
    [{ securityPolicy: "Basic128Rsa15" }, "securityPolicy: "],
    [{ passwordEnv: "not a name", user: "a" }, "passwordEnv: must be the name"],
    [{ password: "secret" }, ": "],
    [{ applicationUri: "http://x" }, "applicationUri: must begin"],
  ])("refuse %j", (more, message) => {
    expect(problems(more)).toEqual([expect.stringContaining(message)]);
  });
});
