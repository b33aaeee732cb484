import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createSessions } from "./sessions.ts";

const HOUR = 3600_000;

describe("sessions", () => {
  it("live while they are used, and thirty days at most", async () => {
    const clock = createManualClock();
    const sessions = createSessions(clock);
    const secret = sessions.begin();
    for (let hours = 0; hours < 30 * 24 - 10; hours += 10) {
      await clock.advance(10 * HOUR);
      expect(sessions.use(secret)).toBe(true);
    }
    await clock.advance(10 * HOUR);
    expect(sessions.use(secret)).toBe(false);
  });

  it("once ended do not come back", () => {
    const sessions = createSessions(createManualClock());
    const secret = sessions.begin();
    sessions.end(secret);
    expect(sessions.use(secret)).toBe(false);
    expect(sessions.use("guess")).toBe(false);
  });

  it("are a hundred at most; the one unused for longest gives way", () => {
    const sessions = createSessions(createManualClock());
    const secrets = Array.from({ length: 100 }, () => sessions.begin());
    const [first = "", second = ""] = secrets;
    expect(sessions.use(first)).toBe(true);
    const newest = sessions.begin();
    expect([sessions.use(first), sessions.use(second), sessions.use(newest)]).toEqual([true, false, true]);
  });
});
