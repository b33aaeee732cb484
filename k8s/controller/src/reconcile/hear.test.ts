import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { type Fleet, FleetError, type ReportsSeen } from "../ports/fleet.ts";
import { createHearing } from "./hear.ts";
import { deviceOf, reportOf } from "./testing/observed-of.ts";

const never = new AbortController().signal;

function hearingOf(answers: readonly (Error | ReportsSeen)[]) {
  const clock = createManualClock();
  const told: string[] = [];
  const left = [...answers];
  const unused = () => Promise.reject(new TypeError("not asked for here"));
  const fleet: Fleet = {
    reports: async () => {
      const answer = left.shift();
      if (answer === undefined || answer instanceof Error) throw answer ?? new TypeError("no more answers");
      return answer;
    },
    published: unused,
    offer: unused,
    renew: unused,
    recall: unused,
  };
  const hearing = createHearing({
    fleet,
    clock,
    keyIdOf: (pem) => (pem === "PEM of a" ? "key-a" : undefined),
    onRefused: (key, why) => told.push(`${key}: ${why}`),
  });
  return { clock, hearing, told };
}
const seen = (...reports: ReportsSeen["reports"]): ReportsSeen => ({ reports, refused: [] });
const away = new FleetError("unreachable", "the store is away");

describe("hearing of devices", () => {
  it("tells news from what was heard before", async () => {
    const { hearing } = hearingOf([
      seen(reportOf("a")),
      seen(reportOf("a")),
      seen(reportOf("a", { sequence: 11 })),
    ]);
    expect([await hearing.listen(never), await hearing.listen(never), await hearing.listen(never)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("counts silence only from when the store could be read without a break", async () => {
    const { clock, hearing } = hearingOf([seen(), seen(), away, seen()]);
    const nowMs = () => clock.nowUs() / 1000;
    await hearing.listen(never);
    const first = nowMs();
    await clock.advance(60_000);
    await hearing.listen(never);
    expect(hearing.readableSinceMs).toBe(first);
    await hearing.listen(never);
    await clock.advance(60_000);
    expect(hearing).toMatchObject({ failure: away, readableSinceMs: nowMs() });
    expect(await hearing.listen(never)).toBe(true);
    const again = nowMs();
    await clock.advance(60_000);
    expect(hearing).toMatchObject({ failure: undefined, readableSinceMs: again });
  });

  it("believes the key that is given, then the one that was seen first", async () => {
    const { hearing } = hearingOf([seen(reportOf("a"), reportOf("b"))]);
    await hearing.listen(never);
    const given = (publicKey: string) => ({ ...deviceOf("a"), spec: { isHeld: false, publicKey } });
    const pinned = (keyId: string) => ({ ...deviceOf("b"), status: { keyId } });
    const believed = (...devices: Parameters<typeof hearing.of>[0]) => [...hearing.of(devices).keys()];
    expect(believed(given("PEM of a"), pinned("key-b"))).toEqual(["a", "b"]);
    expect(believed(given("PEM of another"), pinned("key-of-a-stranger"))).toEqual([]);
    expect(believed(deviceOf("a"), deviceOf("b"))).toEqual(["a", "b"]);
  });

  it("tells of a report that is refused once, and again when it comes back", async () => {
    const refused = { reports: [], refused: [{ key: "fleet/a.json", why: "no signature" }] };
    const { hearing, told } = hearingOf([refused, refused, seen(), refused]);
    for (let i = 0; i < 4; i += 1) await hearing.listen(never);
    expect(told).toEqual(["fleet/a.json: no signature", "fleet/a.json: no signature"]);
  });
});
