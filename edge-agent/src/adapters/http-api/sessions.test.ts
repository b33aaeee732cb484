import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createSessions } from "./sessions.ts";

const HOUR = 3600_000;
const ada = { role: "operator", name: "Ada" } as const;

describe("sessions", () => {
  it("live while they are used, and thirty days at most", async () => {
    const clock = createManualClock();
    const sessions = createSessions(clock);
    const secret = sessions.begin(ada);
    for (let hours = 0; hours < 30 * 24 - 10; hours += 10) {
      await clock.advance(10 * HOUR);
      expect(sessions.use(secret)).toEqual(ada);
    }
    await clock.advance(10 * HOUR);
    expect(sessions.use(secret)).toBeUndefined();
  });

  it("once ended do not come back", () => {
    const sessions = createSessions(createManualClock());
    const secret = sessions.begin(ada);
    sessions.end(secret);
    expect(sessions.use(secret)).toBeUndefined();
    expect(sessions.use("guess")).toBeUndefined();
  });

  it("are a hundred at most; the one unused for longest gives way", () => {
    const sessions = createSessions(createManualClock());
    const secrets = Array.from({ length: 100 }, () => sessions.begin(ada));
    const [first = "", second = ""] = secrets;
    expect(sessions.use(first)).toEqual(ada);
    const newest = sessions.begin(ada);
    expect([sessions.use(first), sessions.use(second), sessions.use(newest)]).toEqual([ada, undefined, ada]);
  });
});
