import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOpcuaAddress } from "./address.ts";

function problem(text: string) {
  const parsed = parseOpcuaAddress(text);
  return "problem" in parsed ? parsed.problem : undefined;
}

describe("an OPC UA address", () => {
  it.each([
    ["i=2258", { namespace: 0, kind: "i", identifier: "2258" }],
    ["ns=2;s=Line1.Temp", { namespace: 2, kind: "s", identifier: "Line1.Temp" }],
    ["ns=65535;i=4294967295", { namespace: 65_535, kind: "i", identifier: "4294967295" }],
    ["nsu=urn:plant:line1;s=Temp", { namespace: "urn:plant:line1", kind: "s", identifier: "Temp" }],
    ["nsu=urn:a%3Bb%25c;i=1", { namespace: "urn:a;b%c", kind: "i", identifier: "1" }],
    [
      "ns=1;g=72962B91-FA75-4ae6-8D28-B404DC7DAF63",
      { namespace: 1, kind: "g", identifier: "72962B91-FA75-4ae6-8D28-B404DC7DAF63" },
    ],
    ["ns=1;b=M/RbKBsRVkePCePcx24oRA==", { namespace: 1, kind: "b", identifier: "M/RbKBsRVkePCePcx24oRA==" }],
    ["s=with spaces; and = signs", { namespace: 0, kind: "s", identifier: "with spaces; and = signs" }],
  ])("is read from %s", (text, address) => {
    expect(parseOpcuaAddress(text)).toEqual({ address });
  });

  it.each([
    ["ns=2;s=Wave[0:99]", "Wave", "0:99"],
    ["ns=2;s=Wave[5:5]", "Wave", "5"],
    ["ns=2;s=Field[0:1,2:3]", "Field", "0:1,2:3"],
    ["i=7[3]", "7", "3"],
    ["i=7[3,0:4]", "7", "3,0:4"],
  ])("takes the index range of %s", (text, identifier, indexRange) => {
    expect(parseOpcuaAddress(text)).toMatchObject({ address: { identifier, indexRange } });
  });

  it("leaves brackets without a colon to a text identifier, as Siemens writes them", () => {
    expect(parseOpcuaAddress('ns=3;s="Data".Values[5]')).toEqual({
      address: { namespace: 3, kind: "s", identifier: '"Data".Values[5]' },
    });
    expect(parseOpcuaAddress('ns=3;s="Data".Values[5][0:9]')).toMatchObject({
      address: { identifier: '"Data".Values[5]', indexRange: "0:9" },
    });
  });

  it.each([
    ["", 0, "expected"],
    ["Temp", 0, 'expected "i="'],
    ["ns=;i=1", 3, "namespace index"],
    ["ns=2 ;i=1", 4, '";"'],
    ["ns=65536;i=1", 3, "65535"],
    ["ns=2;x=1", 5, '"s="'],
    ["ns=2;s", 6, '"="'],
    ["ns=2;s=", 7, "identifier"],
    ["i=12a", 4, "digits"],
    ["i=4294967296", 2, "4294967295"],
    ["i=-1", 2, "digits"],
    ["nsu=urn:a", 9, '";"'],
    ["nsu=;i=1", 4, "URI"],
    ["nsu=urn:a%20b;i=1", 9, "%3B"],
    ["g=72962B91-FA75-4AE6-8D28-B404DC7DAF6", 37, "GUID"],
    ["g=72962B91xFA75-4AE6-8D28-B404DC7DAF63", 10, "GUID"],
    ["b=M/Rb*A==", 6, "base64"],
    ["b=M/RbK", 7, "four"],
    ["i=7[", 4, "index"],
    ["i=7[3", 5, '"]"'],
    ["i=7[3:", 6, "last index"],
    ["i=7[5:3]", 6, "before it begins"],
    ["i=7[3]x", 6, "behind"],
    ["i=7[1,]", 6, "index"],
    ["i=7[4294967296]", 4, "4294967295"],
    ["s=Wave[9:3]", 9, "before it begins"],
  ])("points at the character that is wrong in %j", (text, at, message) => {
    expect(problem(text)).toEqual({ at, message: expect.stringContaining(message) });
  });

  it("says no to a text identifier that no server can have", () => {
    expect(problem(`s=${"x".repeat(4097)}`)).toMatchObject({ at: 4098 });
    expect(problem(`s=${"x".repeat(4096)}`)).toBeUndefined();
  });

  it("either understands any text or points into it", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `ns=2;s=${rest}`),
      fc.string({ unit: fc.constantFrom(..."nsu=;igb[:],0159aF-") }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const found = problem(text);
        return found === undefined || (found.at >= 0 && found.at <= text.length && found.message !== "");
      }),
    );
  });

  it("comes back from its own text", () => {
    const ids = fc.stringMatching(/^[A-Za-z0-9._"|-]{1,40}$/);
    fc.assert(
      fc.property(fc.nat(65_535), ids, fc.nat(1000), fc.nat(1000), (namespace, identifier, low, more) => {
        expect(parseOpcuaAddress(`ns=${namespace};s=${identifier}[${low}:${low + more + 1}]`)).toEqual({
          address: { namespace, kind: "s", identifier, indexRange: `${low}:${low + more + 1}` },
        });
      }),
    );
  });
});
