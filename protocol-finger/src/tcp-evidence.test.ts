import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { isOwnAddress, mixedStackFacts, tcpFacts } from "./tcp-evidence.ts";

const FULL = {
  connectMs: 1.9266,
  mss: 1460,
  window: 4096,
  hasTimestamps: false,
  hasSack: true,
  windowScale: 7,
  ttl: 30,
  dontFragment: false,
  options: "M,S,W",
};

describe("facts of a handshake", () => {
  it("are all that the SYN-ACK showed", () => {
    const facts = tcpFacts(FULL, "syn-ack");
    expect(Object.fromEntries(facts.map(({ key, value }) => [key, value]))).toEqual({
      "tcp.connectMs": 1.93,
      "tcp.view": "syn-ack",
      "tcp.mss": 1460,
      "tcp.window": 4096,
      "tcp.timestamps": false,
      "tcp.sack": true,
      "tcp.windowScale": 7,
      "tcp.ttl": 30,
      "tcp.df": false,
      "tcp.options": "M,S,W",
    });
    expect(facts.map(({ observed }) => observed)).toContain("no timestamps in the SYN-ACK");
    expect(facts.map(({ observed }) => observed)).toContain('"don\'t fragment" is not set');
  });

  it("are few where the handshake was not seen, and say what is missing", () => {
    const facts = tcpFacts({ connectMs: 1 }, "none");
    expect(facts.map(({ key }) => key)).toEqual(["tcp.connectMs", "tcp.view"]);
    expect(facts[1]?.observed).toContain("ss is missing");
  });

  it("are none of the stack's where the stack is our own", () => {
    expect(tcpFacts(FULL, "loopback").map(({ key }) => key)).toEqual(["tcp.connectMs", "tcp.view"]);
  });
});

describe("stacks that differ from port to port", () => {
  const siemens = { connectMs: 2, mss: 1460, hasTimestamps: false, ttl: 30 };
  const linux = { connectMs: 1, mss: 1460, hasTimestamps: true };

  it("are a router's doing", () => {
    expect(mixedStackFacts(502, linux, [{ port: 102, tcp: siemens }])).toMatchObject([
      {
        key: "tcp.mixedStacks",
        value: true,
        observed: "ports 102 and 502 are answered by different TCP stacks",
      },
    ]);
  });

  it("are not seen where nothing that both show differs", () => {
    const again = { connectMs: 9, mss: 1460, window: 512, windowScale: 2 };
    expect(mixedStackFacts(502, again, [{ port: 102, tcp: siemens }])).toEqual([]);
    expect(mixedStackFacts(502, linux, [])).toEqual([]);
  });
});

describe("this machine's own addresses", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["::1", true],
    ["203.0.113.7", false],
  ])("%s: %s", (address, expected) => {
    expect(isOwnAddress(address)).toBe(expected);
  });

  it("have those of its interfaces among them", () => {
    const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    for (const { address } of all) expect(isOwnAddress(address)).toBe(true);
  });
});
