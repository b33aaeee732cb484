import { describe, expect, it } from "vitest";
import { builtInSignatures, parseSignatures } from "./signatures/load.ts";
import { factsOf } from "./testing/facts.ts";
import { judge } from "./verdict.ts";

const builtIn = await builtInSignatures();

const entry = (id: string, when: string, rest: string) =>
  `- { id: ${id}, source: s, when: ${when}, ${rest} }\n`;

function judged(facts: Parameters<typeof factsOf>[0], ...entries: readonly string[]) {
  return judge(factsOf(facts), { all: parseSignatures("t.yaml", entries.join("")) });
}

const seen = { "a.one": 1, "a.two": 2, "a.three": 3, "a.version": "V1.2" };
const one = (rest: string) => entry("one", "{ a.one: 1 }", rest);
const two = (rest: string) => entry("two", "{ a.two: 2 }", rest);
const three = (rest: string) => entry("three", "{ a.three: 3 }", rest);

describe("the verdict", () => {
  it("knows nothing where nothing fits", () => {
    expect(judged(seen, entry("no", "{ a.one: 2 }", "weight: 1, supports: { vendor: A }"))).toEqual({
      labels: {},
      nature: "unknown",
      natureConfidence: 0,
      confidence: 0,
      evidence: [],
    });
  });

  it("adds up witnesses that agree: 1 - (1 - 0.6)(1 - 0.5) = 0.8", () => {
    const verdict = judged(
      seen,
      one("weight: 0.6, supports: { vendor: A, family: F }"),
      two("weight: 0.5, supports: { vendor: A, family: F }"),
    );
    expect(verdict.labels).toEqual({ vendor: "A", family: "F" });
    expect(verdict.confidence).toBeCloseTo(0.8, 10);
    expect(verdict.evidence.map(({ weight }) => weight)).toEqual([0.6, 0.5]);
  });

  it("takes signatures that look at the same facts for one witness, the surest", () => {
    const verdict = judged(
      seen,
      one("weight: 0.6, supports: { vendor: A, family: F }"),
      entry("again", "{ a.one: { exists: true } }", "weight: 0.7, supports: { vendor: A, family: F }"),
    );
    expect(verdict.confidence).toBeCloseTo(0.7, 10);
  });

  it("is hardly shaken by a weak doubt, halved by an equal one, and says nothing below one half", () => {
    const sure = one("weight: 0.95, supports: { vendor: A, family: F }");
    const doubt = (weight: number) => two(`weight: ${weight}, supports: { vendor: B }`);
    expect(judged(seen, sure, doubt(0.15)).confidence).toBeCloseTo((0.95 * 0.85) / (1 - 0.95 * 0.15), 10);
    const torn = judged(seen, sure, doubt(0.95));
    expect(torn.labels).toEqual({ family: "F" });
    expect(torn.confidence).toBe(0);
    expect(
      judged(seen, one("weight: 1, supports: { vendor: A }"), two("weight: 1, supports: { vendor: B }"))
        .labels,
    ).toEqual({});
    expect(judged(seen, one("weight: 0.49, supports: { vendor: A }")).labels).toEqual({});
  });

  it("counts what speaks against a label", () => {
    const verdict = judged(
      seen,
      one("weight: 0.95, supports: { vendor: A, family: F }"),
      two("weight: 0.6, against: { family: F }"),
    );
    expect(verdict.labels).toEqual({ vendor: "A", family: "F" });
    expect(verdict.confidence).toBeLessThan(0.9);
  });

  it("is as sure as the less certain of vendor and family, and half as sure of a vendor alone", () => {
    const vendor = one("weight: 0.9, supports: { vendor: A }");
    expect(judged(seen, vendor, two("weight: 0.7, supports: { family: F }")).confidence).toBeCloseTo(0.7, 10);
    expect(judged(seen, vendor).confidence).toBeCloseTo(0.45, 10);
    expect(judged(seen, two("weight: 0.9, supports: { family: F }")).confidence).toBe(0);
  });

  it("takes details from those who mean the same device only", () => {
    const verdict = judged(
      seen,
      one("weight: 0.95, supports: { vendor: A, family: F, model: M }"),
      two(`weight: 0.6, supports: { vendor: B, family: G, model: N, firmware: "\${a.version}" }`),
      three("weight: 0.7, supports: { model: O }"),
    );
    expect(verdict.labels).toEqual({ vendor: "A", family: "F", model: "M" });
  });

  it("claims a firmware only as it was read", () => {
    const read = three(`weight: 0.9, supports: { firmware: "\${a.version}" }`);
    expect(judged(seen, read).labels).toEqual({ firmware: "V1.2" });
    expect(judged({ "a.three": 3 }, read).labels).toEqual({});
  });

  it("believes a betrayal before a good performance", () => {
    const verdict = judged(
      seen,
      one("weight: 0.95, supports: { nature: plc }"),
      two("weight: 0.6, supports: { nature: honeypot }"),
    );
    expect([verdict.nature, verdict.natureConfidence]).toEqual(["honeypot", 0.6]);
    expect(
      judged(
        seen,
        one("weight: 0.95, supports: { nature: plc }"),
        two("weight: 0.3, supports: { nature: honeypot }"),
      ).nature,
    ).toBe("plc");
    expect(
      judged(
        seen,
        two("weight: 0.6, supports: { nature: honeypot }"),
        three("weight: 0.6, against: { nature: honeypot }"),
      ).nature,
    ).toBe("unknown");
  });

  it("takes a controller for one though it has a gateway's manners", () => {
    const both = [
      one("weight: 0.95, supports: { nature: plc }"),
      two("weight: 0.6, supports: { nature: gateway }"),
    ];
    expect(judged(seen, ...both).nature).toBe("plc");
  });
});

describe("the verdict with the built-in signatures", () => {
  const OF_A_315 = {
    "s7.orderNumber": "6ES7 315-2EH13-0AB0",
    "s7.firmware": "V2.6.1",
    "s7.moduleType": "CPU 315-2 PN/DP",
    "cotp.ccOrder": "C0,C1,C2",
    "cotp.sourceRef": 3,
    "s7.speaks": true,
  };

  it("knows an S7-300 with firmware V2.6.1 for what it is", async () => {
    const verdict = judge(factsOf(OF_A_315), builtIn);
    expect(verdict).toMatchObject({
      labels: {
        vendor: "Siemens",
        family: "S7-300",
        model: "CPU 315-2 PN/DP",
        orderNumber: "6ES7 315-2EH13-0AB0",
        firmware: "V2.6.1",
      },
      nature: "plc",
    });
    expect(verdict.confidence).toBeGreaterThanOrEqual(0.9);
  });

  it("is less sure of an S7-300 whose TCP is Linux's, and more where it is the CPU's own", async () => {
    const linux = judge(factsOf({ ...OF_A_315, "tcp.timestamps": true, "tcp.sack": true }), builtIn);
    expect(linux.labels.family).toBe("S7-300");
    expect(linux.confidence).toBeLessThan(0.9);
    const own = { "tcp.window": 4096, "tcp.mss": 1460, "tcp.timestamps": false, "tcp.sack": false };
    expect(judge(factsOf({ ...OF_A_315, ...own }), builtIn).confidence).toBeGreaterThanOrEqual(0.95);
  });

  it("decides no family by the handshake alone", async () => {
    const handshake = {
      "tcp.window": 4096,
      "tcp.mss": 1460,
      "tcp.timestamps": false,
      "tcp.sack": false,
      "tcp.ttl": 30,
      "tcp.df": false,
      "tcp.options": "M",
      "neighbour.oui": "00:1b:1b",
    };
    const verdict = judge(factsOf(handshake), builtIn);
    expect(verdict.labels).toEqual({ vendor: "Siemens" });
    expect(verdict.confidence).toBeLessThan(0.5);
  });

  it("is less sure of what snap7's server says, and takes it for a simulator", async () => {
    const facts = { ...OF_A_315, "cotp.ccOrder": "C1,C2,C0", "cotp.sourceRef": 1 };
    const verdict = judge(factsOf(facts), builtIn);
    expect(verdict.nature).toBe("simulator");
    expect(verdict.confidence).toBeLessThan(0.9);
  });

  it.each([
    [{ "tcp.s7.behaviour": "http" }, "web-server"],
    [{ "tcp.modbus.behaviour": "http" }, "web-server"],
    [{ "tcp.s7.behaviour": "dribbles" }, "tar-pit"],
    [{ "tcp.modbus.behaviour": "floods" }, "tar-pit"],
    [{ "tcp.mutePorts": 3 }, "tar-pit"],
    [{ "tcp.s7.behaviour": "resets" }, "unknown"],
    [{ "tcp.s7.behaviour": "mute", "tcp.mutePorts": 1 }, "unknown"],
    [{ "cotp.ccOrder": "C1,C2", "cotp.sourceRef": 0, "s7.moduleType": "IM151-8 PN/DP CPU" }, "honeypot"],
    [{ "cotp.ccOrder": "C1,C2", "cotp.sourceRef": 4 }, "unknown"],
  ] as const)("tells from %o: %s", async (facts, nature) => {
    expect(judge(factsOf(facts), builtIn).nature).toBe(nature);
  });
});
