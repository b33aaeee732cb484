import { mayDo, type Role } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { createStore } from "../state/store.ts";
import { createAlarmApi } from "../stream/alarm-api.ts";
import { createApi } from "../stream/api.ts";
import { createAsk } from "../stream/ask.ts";
import { format, t } from "../testing/english.ts";
import { at, makeAlarm, makeMachine, makeSnapshot } from "../testing/fixtures.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { memorySettings } from "../testing/memory-settings.ts";
import { noPoints } from "../testing/no-points.ts";
import { createAlarmActions } from "./alarm-actions.ts";
import type { Question } from "./ask-dialog.ts";
import type { PanelDeps } from "./panel.ts";

const alarms = [makeAlarm("a1", "M1"), makeAlarm("a2", "M1", { sensor: "M1/other" })];
const [first = makeAlarm("none", "M1")] = alarms;
const inhibit = { kind: "shelved", source: first.sensor, by: "Li", reason: "r", fromTime: at(0) } as const;
const { signal } = new AbortController();

function setUp({ role = "engineer" as Role, answer = {} as unknown, status = 200, name = "Li" } = {}) {
  const asked: string[] = [];
  const ask = createAsk({
    base: "http://agent/",
    fetch: (input, init) => {
      asked.push(`${new URL(String(input)).pathname} ${String(init?.body)}`);
      const body = typeof answer === "function" ? answer(asked.length) : answer;
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    },
  });
  const store = createStore(() => {});
  store.receive(makeSnapshot([makeMachine("M1")], alarms));
  store.setSession({ role, isProtected: false });
  const questions: Question[] = [];
  const deps: PanelDeps = {
    store,
    ask,
    t,
    format,
    api: createApi(ask),
    points: noPoints,
    timers: createManualTimers(),
    language: "en",
    units: "plant",
    timeZone: "Asia/Shanghai",
    settings: memorySettings(),
    operator: { name: () => name, rename: () => {} },
    nameOf: (id) => id,
    may: (right) => store.view().replayMs === undefined && mayDo(store.view().session.role, right),
    now: () => 0,
    failed: () => {},
  };
  const actions = createAlarmActions(deps, createAlarmApi(ask), {
    ask: (question) => questions.push(question),
  });
  const run = (reason = "repair", minutes = 60) => questions[0]?.run({ reason, minutes }, signal);
  return { actions, asked, questions, run, store };
}

describe("what can be done about an alarm", () => {
  it.each([
    ["an open one", first, ["shelve", "out"]],
    ["one that is over", { ...first, state: "normal" }, ["out"]],
    ["a shelved one", { ...first, inhibit }, ["unshelve", "out"]],
    ["one out of service", { ...first, inhibit: { ...inhibit, kind: "out-of-service" } }, ["return"]],
    [
      "one that the design suppresses",
      { ...first, inhibit: { ...inhibit, kind: "suppressed-by-design" } },
      ["out"],
    ],
  ] as const)("follows from its state: %s", (_, alarm, offered) => {
    expect(setUp().actions.offered(alarm)).toEqual(offered);
  });

  it("is refused in words where the role does not allow it, and in a replay", () => {
    const { actions, store } = setUp({ role: "operator" });
    expect(actions.whyNot("acknowledge")).toBeUndefined();
    expect(actions.whyNot(actions.right("out"))).toBe(
      "Your role (Operator) may only look; this needs: Engineer.",
    );
    store.setReplay(42);
    expect(actions.whyNot("acknowledge")).toBe(
      "Replay of the past: nothing can be acknowledged or shelved here.",
    );
  });

  it.each([
    ["shelve", "shelve", inhibit, { by: "Li", reason: "repair", minutes: 60 }],
    ["out", "out-of-service", { ...inhibit, kind: "out-of-service" }, { by: "Li", reason: "repair" }],
  ] as const)("lies over all alarms of the source at once: %s", async (what, path, answer, body) => {
    const { actions, asked, questions, run, store } = setUp({ answer });
    actions.ask(what, first);
    expect(questions[0]).toMatchObject({ asksReason: true, asksMinutes: what === "shelve" });
    expect((await run())?.kind).toBe("done");
    expect(asked).toEqual([`/v1/alarm-sources/M1%2Fvibration/${path} ${JSON.stringify(body)}`]);
    expect(store.view().plant.alarms.get("a1")?.inhibit).toEqual(answer);
    expect(store.view().plant.alarms.get("a2")?.inhibit).toBeUndefined();
  });

  it.each([
    ["unshelve", "unshelve"],
    ["return", "return-to-service"],
  ] as const)("is taken back without a reason: %s", async (what, path) => {
    const { actions, asked, questions, run, store } = setUp();
    store.receiveInhibit(first.sensor, inhibit);
    actions.ask(what, first);
    expect(questions[0]).toMatchObject({ asksReason: false, asksMinutes: false });
    await run();
    expect(asked).toEqual([`/v1/alarm-sources/M1%2Fvibration/${path} {"by":"Li"}`]);
    expect(store.view().plant.alarms.get("a1")?.inhibit).toBeUndefined();
  });

  it("changes nothing on the screen where the agent refuses, or where nobody says who he is", async () => {
    const refused = setUp({ status: 403, answer: { detail: "not you" } });
    refused.actions.ask("shelve", first);
    expect(await refused.run()).toMatchObject({ kind: "failed" });
    expect(refused.store.view().plant.alarms.get("a1")?.inhibit).toBeUndefined();
    const nameless = setUp({ name: " " });
    nameless.actions.ask("shelve", first);
    expect(await nameless.run()).toEqual({ kind: "nameless" });
    expect(nameless.asked).toEqual([]);
  });

  it("shelves many at once, each source by itself, and tells which of them are not", async () => {
    const refused = { ...inhibit, source: "wrong", kind: "nonsense" };
    const { actions, asked, questions, run, store } = setUp({
      answer: (n: number) => (n === 1 ? refused : inhibit),
    });
    actions.askShelveAll([first, makeAlarm("a2", "M1", { sensor: "M1/other" }), makeAlarm("a3", "M1")]);
    expect(questions[0]).toMatchObject({ title: "Shelve 3 alarms?", asksReason: true, asksMinutes: true });
    expect(await run()).toMatchObject({ kind: "partly", done: 1, failures: [{ name: "M1, vibration" }] });
    // Two alarms have the same source.
    expect(asked.map((line) => line.split(" ")[0])).toEqual([
      "/v1/alarm-sources/M1%2Fvibration/shelve",
      "/v1/alarm-sources/M1%2Fother/shelve",
    ]);
    expect(store.view().plant.alarms.get("a1")?.inhibit).toBeUndefined();
    expect(store.view().plant.alarms.get("a2")?.inhibit).toEqual(inhibit);
    expect(await run()).toMatchObject({ kind: "done", value: 1 });
    expect(asked.at(-1)).toBe(
      `/v1/alarm-sources/M1%2Fvibration/shelve ${JSON.stringify({ by: "Li", reason: "repair", minutes: 60 })}`,
    );
  });

  it("acknowledges all, goes on after one that is refused, and tells of that one", async () => {
    const seen = makeAlarm("a1", "M1", { state: "acknowledged-active" });
    const { actions, asked, questions, run, store } = setUp({
      answer: (n: number) => (n === 1 ? { nonsense: true } : seen),
    });
    actions.askAll([makeAlarm("a0", "M1"), first]);
    expect(questions[0]?.title).toBe("Acknowledge 2 alarms?");
    expect(await run()).toMatchObject({ kind: "partly", done: 1, failures: [{ name: "M1, vibration" }] });
    expect(asked).toHaveLength(2);
    // Once more: only the one that was refused.
    expect(await run()).toMatchObject({ kind: "done", value: 1 });
    expect(asked).toHaveLength(3);
    expect(store.view().plant.alarms.get("a1")?.state).toBe("acknowledged-active");
  });
});
