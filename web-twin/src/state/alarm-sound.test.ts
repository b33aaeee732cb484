import { describe, expect, it } from "vitest";
import { makeAlarm, T0 } from "../testing/fixtures.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { memorySettings } from "../testing/memory-settings.ts";
import { createAnnouncer } from "./alarm-announcer.ts";
import { createAlarmSound } from "./alarm-sound.ts";

function setUp(on = true) {
  const timers = createManualTimers();
  const settings = memorySettings();
  const played: string[] = [];
  const sound = createAlarmSound({
    timers,
    settings,
    now: () => T0 + timers.now(),
    play: (priority) => played.push(priority),
  });
  if (on) settings.set("sound", "on");
  sound.hear([]);
  return { timers, settings, played, sound };
}

const low = makeAlarm("low", "M1", { priority: "low" });
const high = makeAlarm("high", "M1", { priority: "high" });
const critical = makeAlarm("critical", "M1", { priority: "critical" });

describe("the sound of alarms", () => {
  it("is off until somebody turns it on, and then heard at once", () => {
    const { sound, played } = setUp(false);
    sound.hear([critical]);
    expect(played).toEqual([]);
    expect(sound.isOn()).toBe(false);
    sound.turn(true);
    expect(sound.isOn()).toBe(true);
    expect(played).toEqual(["low"]);
    sound.turn(false);
    expect(sound.isOn()).toBe(false);
  });

  it("is that of the most urgent new alarm, once", () => {
    const { sound, played } = setUp();
    sound.hear([low, high]);
    sound.hear([low, high]);
    expect(played).toEqual(["high"]);
  });

  it("does not call for what stood before the page was opened", () => {
    const timers = createManualTimers();
    const settings = memorySettings();
    settings.set("sound", "on");
    const played: string[] = [];
    const sound = createAlarmSound({ timers, settings, now: () => T0, play: (each) => played.push(each) });
    sound.hear([high]);
    expect(played).toEqual([]);
  });

  it("calls again for a critical alarm until it is acknowledged, then stops its timer", () => {
    const { sound, played, timers } = setUp();
    sound.hear([critical]);
    timers.advance(30_000);
    expect(played).toEqual(["critical", "critical", "critical"]);
    sound.hear([{ ...critical, state: "acknowledged-active" }]);
    timers.advance(60_000);
    expect(played).toHaveLength(3);
    expect(timers.waiting).toBe(0);
  });

  it("makes one noise of a flood", () => {
    const { sound, played, timers } = setUp();
    sound.hear([low]);
    timers.advance(500);
    sound.hear([low, high]);
    expect(played).toEqual(["low"]);
  });

  it("is silent while it is muted, and says until when", () => {
    const { sound, played, timers } = setUp();
    sound.muteFor(60_000);
    sound.hear([critical]);
    expect(sound.mutedUntil()).toBe(T0 + 60_000);
    expect(played).toEqual([]);
    timers.advance(60_000);
    expect(sound.mutedUntil()).toBeUndefined();
    expect(played).toEqual(["critical"]);
    sound.dispose();
    expect(timers.waiting).toBe(0);
  });

  it("does not call for what is shelved", () => {
    const { sound, played } = setUp();
    const inhibit = {
      kind: "shelved",
      source: "x",
      by: "Li",
      reason: "r",
      fromTime: "2026-01-01T00:00:00Z",
    } as const;
    sound.hear([{ ...critical, inhibit }]);
    expect(played).toEqual([]);
  });
});

describe("the announcer", () => {
  const setUpAnnouncer = () => {
    const timers = createManualTimers();
    const said: string[] = [];
    const announcer = createAnnouncer(
      timers,
      (text) => said.push(text),
      (n) => `${n} new`,
    );
    return { timers, said, announcer };
  };

  it("says the first at once and gathers the rest for five seconds", () => {
    const { timers, said, announcer } = setUpAnnouncer();
    announcer.add(["one"]);
    announcer.add(["two"]);
    announcer.add(["three"]);
    expect(said).toEqual(["one"]);
    timers.advance(5_000);
    expect(said).toEqual(["one", "two three"]);
    timers.advance(5_000);
    announcer.add(["four"]);
    expect(said.at(-1)).toBe("four");
  });

  it("counts a flood in the place of reading it out", () => {
    const { said, announcer, timers } = setUpAnnouncer();
    announcer.add(["a", "b", "c", "d"]);
    expect(said).toEqual(["4 new"]);
    announcer.add([]);
    announcer.dispose();
    expect(timers.waiting).toBe(0);
  });
});
