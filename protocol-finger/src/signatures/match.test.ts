import { describe, expect, it } from "vitest";
import type { Fact, FactValue } from "../fingerprint.ts";
import { parseSignatures } from "./load.ts";
import { matchSignature } from "./match.ts";

const facts = new Map<string, Fact>(
  Object.entries({
    "modbus.product": "BMX P34 2020 ",
    "modbus.revision": "V2.70",
    "modbus.unit": 255,
    "modbus.echoesUnit": true,
    "modbus.empty": "",
  } satisfies Record<string, FactValue>).map(([key, value]) => [
    key,
    { probe: "modbus", key, value, observed: `saw ${key}`, bytes: "2b0e" },
  ]),
);

function matched(when: string, rest = "supports: { vendor: V }") {
  const [signature] = parseSignatures(
    "t.yaml",
    `- { id: t, source: s, weight: 0.5, when: ${when}, ${rest} }`,
  );
  return signature && matchSignature(signature, facts);
}

describe("matching a signature", () => {
  it.each([
    ['{ modbus.revision: "V2.70" }', true],
    ['{ modbus.revision: "V2.7" }', false],
    ["{ modbus.unit: 255 }", true],
    ['{ modbus.unit: "255" }', false],
    ["{ modbus.echoesUnit: true }", true],
    ['{ modbus.product: { pattern: "^BMX" } }', true],
    ['{ modbus.unit: { pattern: "^25" } }', true],
    ['{ modbus.product: { pattern: "^BMY" } }', false],
    ["{ modbus.unit: { oneOf: [0, 255] } }", true],
    ["{ modbus.unit: { oneOf: [0, 1] } }", false],
    ["{ modbus.unit: { atLeast: 255 } }", true],
    ["{ modbus.unit: { atMost: 254 } }", false],
    ["{ modbus.product: { atLeast: 1 } }", false],
    ["{ modbus.unit: { exists: true } }", true],
    ["{ modbus.unit: { exists: false }, modbus.revision: V2.70 }", false],
    ["{ modbus.vendor: { exists: false }, modbus.revision: V2.70 }", true],
    ["{ modbus.vendor: { exists: true }, modbus.revision: V2.70 }", false],
    ["{ modbus.unit: 255, modbus.revision: V1 }", false],
  ])("%s: %s", (when, expected) => {
    expect(matched(when) !== undefined).toBe(expected);
  });

  it("fills in what the first pattern captured and the values of facts", () => {
    const match = matched(
      '{ modbus.product: { pattern: "^(BMX) (P\\\\d+)" }, modbus.unit: { pattern: "(5)" } }',
      `supports: { family: "$1 $2", model: "\${modbus.product}", firmware: "\${modbus.revision}" }`,
    );
    expect(match?.evidence.supports).toEqual({ family: "BMX P34", model: "BMX P34 2020", firmware: "V2.70" });
  });

  it("leaves out a label that nothing fills", () => {
    const match = matched(
      '{ modbus.product: { pattern: "^BMX(Q)?" } }',
      `supports: { vendor: V, family: "$1", firmware: "\${modbus.nothing}", model: "\${modbus.empty}" }`,
    );
    expect(match?.evidence.supports).toEqual({ vendor: "V" });
  });

  it("gives evidence with what was seen, by whom, and the source", () => {
    expect(matched("{ modbus.unit: 255, modbus.echoesUnit: true }", "against: { vendor: W }")).toEqual({
      keys: ["modbus.echoesUnit", "modbus.unit"],
      evidence: {
        probe: "modbus",
        observed: "saw modbus.unit; saw modbus.echoesUnit",
        bytes: "2b0e",
        supports: {},
        against: { vendor: "W" },
        weight: 0.5,
        source: "s",
      },
    });
  });
});
