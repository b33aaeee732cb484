import { describe, expect, it } from "vitest";
import type { FactValue, Fingerprint } from "./fingerprint.ts";
import { parseSignatures } from "./signatures/load.ts";
import { matchSignature } from "./signatures/match.ts";
import { suggestSignature } from "./suggest-signature.ts";
import { factsOf } from "./testing/facts.ts";

function unknown(facts: Readonly<Record<string, FactValue>>): Fingerprint {
  return {
    host: "192.0.2.7",
    nature: "unknown",
    protocols: [{ id: "modbus", port: 502, state: "speaks", hasDriver: true }],
    confidence: 0,
    evidence: [],
    facts: factsOf(facts),
    profile: { mode: "none", why: "w" },
    alternatives: [],
    diagnoses: [],
    spent: { connections: 1, frames: 1, ms: 1 },
    at: "2026-11-22T00:00:00.000Z",
  };
}

/** What the suggestion makes of the facts that it was made of. */
function reread(facts: Readonly<Record<string, FactValue>>) {
  const [signature, ...more] = parseSignatures("suggested.yaml", suggestSignature(unknown(facts)));
  if (signature === undefined || more.length > 0) throw new Error("one signature was to be suggested");
  return {
    signature,
    match: matchSignature(signature, new Map(factsOf(facts).map((fact) => [fact.key, fact]))),
  };
}

describe("a suggested signature", () => {
  it("can be loaded as it is, and knows the device by what it says of itself", () => {
    const { signature, match } = reread({
      "tcp.connectMs": 1.5,
      "modbus.speaks": true,
      "modbus.vendor": "Example",
      "modbus.product": "PRESS 4",
      "modbus.revision": "V1.7",
      "modbus.latencyMs": 12,
      "neighbour.mac": "02:00:00:00:00:07",
    });
    expect(signature.id).toBe("unknown-modbus-192-0-2-7");
    expect([...signature.when.keys()]).toEqual(["modbus.vendor", "modbus.product"]);
    expect(match?.evidence.supports).toEqual({ vendor: "TODO", family: "TODO", firmware: "V1.7" });
    const { facts, supports } = signature.examples[0] ?? {};
    expect(supports).toEqual(match?.evidence.supports);
    expect(Object.keys(facts ?? {})).not.toContain("neighbour.mac");
  });

  it("knows a device that says nothing of itself by its manners", () => {
    const { signature, match } = reread({
      "modbus.speaks": true,
      "modbus.exceptionPattern": "43:01",
      "modbus.unit": 255,
    });
    expect(signature.when.size).toBe(3);
    expect(match).toBeDefined();
  });

  it("is still a signature where nothing was seen, and where a device talks too much", () => {
    expect(reread({ "tcp.s7.state": "open" }).signature.when.size).toBe(1);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`modbus.fact${i}`, i]));
    expect(reread(many).signature.when.size).toBe(24);
  });

  it("quotes what a device says so that it stays text", () => {
    const nasty = '": { } - !!js #\n- id: x';
    expect(reread({ "modbus.serverId": nasty }).match?.evidence.supports).toMatchObject({ vendor: "TODO" });
  });
});
