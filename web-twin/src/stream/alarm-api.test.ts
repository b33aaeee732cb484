import { describe, expect, it } from "vitest";
import { at, makeAlarm, T0 } from "../testing/fixtures.ts";
import { createAlarmApi } from "./alarm-api.ts";
import { createAsk } from "./ask.ts";
import { askSession } from "./session-api.ts";

const { signal } = new AbortController();

function agent(answer: unknown, status = 200) {
  const asked: string[] = [];
  const ask = createAsk({
    base: "http://agent/",
    fetch: (input, init) => {
      const body = init?.body === undefined ? "" : ` ${String(init.body)}`;
      asked.push(`${init?.method ?? "GET"} ${String(input)}${body}`);
      return Promise.resolve(new Response(JSON.stringify(answer), { status }));
    },
  });
  return { asked, ask, api: createAlarmApi(ask) };
}

const inhibit = {
  kind: "shelved",
  source: "M1/vibration",
  by: "Li",
  reason: "repair",
  fromTime: at(0),
  untilTime: at(60),
};

describe("the client for alarms", () => {
  it("searches the history page by page, with a filter", async () => {
    const { api, asked } = agent([makeAlarm("a1", "M1")]);
    const query = {
      fromMs: T0,
      toMs: T0 + 1000,
      area: "Boiler house",
      priority: "high",
      text: " pump ",
    } as const;
    expect((await api.search(query, "a9", signal)).map(({ id }) => id)).toEqual(["a1"]);
    await api.search({ text: " " }, undefined, signal);
    const filter =
      "from=2026-11-22T08%3A00%3A00.000Z&to=2026-11-22T08%3A00%3A01.000Z&area=Boiler+house&priority=high&q=pump";
    expect(asked).toEqual([
      `GET http://agent/v1/alarms?${filter}&most=100&before=a9`,
      "GET http://agent/v1/alarms?most=100",
    ]);
    expect(api.csvPath(query)).toBe(`v1/alarms.csv?${filter}`);
  });

  it("shelves a source and takes it out of service, in somebody's name and for a reason", async () => {
    const { api, asked } = agent(inhibit);
    expect(await api.shelve("M1/vibration", { by: "Li", reason: "repair", minutes: 60 }, signal)).toEqual(
      inhibit,
    );
    await api.takeOutOfService("M1/vibration", { by: "Li", reason: "repair" }, signal);
    expect(asked).toEqual([
      'POST http://agent/v1/alarm-sources/M1%2Fvibration/shelve {"by":"Li","reason":"repair","minutes":60}',
      'POST http://agent/v1/alarm-sources/M1%2Fvibration/out-of-service {"by":"Li","reason":"repair"}',
    ]);
  });

  it("takes both back", async () => {
    const { api, asked } = agent({});
    await api.unshelve("tag", "Li", signal);
    await api.returnToService("tag", "Li", signal);
    expect(asked).toEqual([
      'POST http://agent/v1/alarm-sources/tag/unshelve {"by":"Li"}',
      'POST http://agent/v1/alarm-sources/tag/return-to-service {"by":"Li"}',
    ]);
  });

  it("reads an alarm's journal", async () => {
    const line = { time: at(0), what: "raised", state: "unacknowledged-active" };
    expect(await agent([line]).api.journal("a/1", signal)).toEqual([line]);
  });

  it("says where an answer is not in its form", async () => {
    await expect(
      agent({ kind: "parked" }).api.shelve("x", { by: "L", reason: "r", minutes: 1 }, signal),
    ).rejects.toThrow("answer.kind: expected one of out-of-service, shelved, suppressed-by-design");
    await expect(agent([{ what: "raised" }]).api.journal("x", signal)).rejects.toMatchObject({
      kind: "malformed",
    });
  });
});

describe("the session", () => {
  it("is what the agent says of whoever sits here", async () => {
    const { ask, asked } = agent({ role: "operator", name: "Li Wei", isProtected: true, rights: ["look"] });
    expect(await askSession(ask, signal)).toEqual({ role: "operator", name: "Li Wei", isProtected: true });
    expect(asked).toEqual(["GET http://agent/v1/session"]);
  });

  it("is not guessed from an answer in another form", async () => {
    await expect(askSession(agent({ role: "root", isProtected: true }).ask, signal)).rejects.toThrow(
      "answer.role: expected one of viewer, operator, engineer",
    );
  });
});
