import { describe, expect, it } from "vitest";
import type { Alarm } from "../../core/alarm-types.ts";
import { ALARM, FAN, OPEN_ALARM, PUMP, SENSOR, START_US } from "./fake-plant.ts";
import { startApi } from "./harness.ts";

const id = encodeURIComponent;
const post = (body: object) => ({ method: "POST", body });
const idsOf = (json: unknown) => (json as readonly { id: string }[]).map((one) => one.id);
const SOURCE = `/v1/alarm-sources/${id(SENSOR)}`;

const past = (name: string, more: Partial<Alarm> = {}): Alarm => ({
  ...OPEN_ALARM,
  id: name,
  state: "normal",
  raisedUs: START_US - 1e6,
  priority: "low",
  ...more,
});

describe("the alarms' history", () => {
  it.each([
    ["priority=low", ["old", "fan"]],
    [`machine=${id(FAN)}`, ["fan"]],
    ["area=press%20shop", [ALARM, "old", "fan"]],
    ["area=l1", []],
    ["q=FAN%20outer", ["fan"]],
    ["from=2023-11-14T22:13:20Z", [ALARM]],
    ["to=2023-11-14T22:13:20Z", ["old", "fan"]],
    ["open=true", [ALARM]],
    [`before=${id(ALARM)}`, ["old", "fan"]],
    ["before=old&most=1", ["fan"]],
  ])("answers ?%s", async (query, expected) => {
    await using api = await startApi();
    api.history.kept = [
      past("old"),
      past("fan", { machine: FAN, sensor: `${FAN}/v`, raisedUs: START_US - 2e6 }),
    ];
    const { status, json } = await api.ask(`/v1/alarms?${query}`);
    expect([status, idsOf(json)]).toEqual([200, expected]);
  });

  it("does not count what is kept from the operators as open", async () => {
    await using api = await startApi();
    const inhibit = {
      kind: "shelved",
      source: SENSOR,
      by: "Ada",
      reason: "noise",
      fromUs: 1,
      untilUs: 2,
    } as const;
    api.plant.change({ kind: "alarm", alarm: { ...OPEN_ALARM, inhibit } });
    expect((await api.ask("/v1/alarms?open=true")).json).toEqual([]);
    expect((await api.ask("/v1/alarms")).json).toMatchObject([{ inhibit: { kind: "shelved", by: "Ada" } }]);
    expect((await api.ask(`/v1/machines/${id(PUMP)}`)).json).toMatchObject({ openAlarms: 0 });
  });

  it("is a table for a spreadsheet, in which nobody's words are a formula", async () => {
    await using api = await startApi();
    api.history.kept = [
      past("old", {
        acknowledgedBy: '=1+1"',
        evidence: { value: -5, limit: -4, unit: "Cel" },
        reason: "limit-low",
      }),
    ];
    const { headers, text } = await api.ask("/v1/alarms.csv?q=limit-low");
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(headers["content-disposition"]).toContain("alarms.csv");
    const [head, row, end] = text.split("\r\n");
    expect(head?.startsWith("\ufeffid,priority,severity,state,machine")).toBe(true);
    expect(row).toContain(",limit-low,-5,-4,Cel,0.8,2023-11-14T22:13:19.000000Z,");
    expect(row).toContain(`"'=1+1"""`);
    expect(end).toBe("");
  });

  it("tells the journal of one alarm, and the past ones that are like it with what was found", async () => {
    await using api = await startApi();
    api.history.kept = [past("old"), past("other", { reason: "anomaly", evidence: {} }), past(ALARM)];
    expect((await api.ask("/v1/alarms/old/journal")).json).toEqual([
      { time: "2023-11-14T22:13:19.000000Z", state: "normal", what: "raised", reason: "bearing-outer-race" },
    ]);
    const { json } = await api.ask(`/v1/alarms/${id(ALARM)}/similar`);
    expect(json).toMatchObject([
      { alarm: { id: "old" }, likeness: 1 },
      { alarm: { id: "other" }, likeness: 0.3 },
    ]);
    expect((await api.ask("/v1/alarms/none/similar")).status).toBe(404);
  });
});

describe("the sources of alarms", () => {
  it("are shelved and unshelved, and listed meanwhile", async () => {
    await using api = await startApi();
    const body = { by: "Ada", reason: "cable", minutes: 30 };
    const shelved = {
      kind: "shelved",
      source: SENSOR,
      by: "Ada",
      reason: "cable",
      fromTime: "2023-11-14T22:13:20.000000Z",
      untilTime: "2023-11-14T22:43:20.000000Z",
    };
    expect((await api.ask(`${SOURCE}/shelve`, post(body))).json).toEqual(shelved);
    expect((await api.ask("/v1/alarm-sources")).json).toEqual([shelved]);
    expect((await api.ask(`${SOURCE}/unshelve`, post({ by: "Ada" }))).json).toEqual({});
    expect((await api.ask(`${SOURCE}/unshelve`, post({ by: "Ada" }))).status).toBe(200);
    expect((await api.ask("/v1/alarm-sources")).json).toEqual([]);
  });

  it("are taken out of service and returned; meanwhile nobody shelves them", async () => {
    await using api = await startApi();
    const why = { by: "Eve", reason: "rebuilt" };
    const { json } = await api.ask(`${SOURCE}/out-of-service`, post(why));
    expect(json).toMatchObject({ kind: "out-of-service" });
    const refused = await api.ask(`${SOURCE}/shelve`, post({ ...why, minutes: 1 }));
    expect(refused.json).toMatchObject({ status: 409, detail: expect.stringContaining("until an engineer") });
    expect((await api.ask(`${SOURCE}/return-to-service`, post({ by: "Eve" }))).json).toEqual({});
  });

  it.each([
    [{ by: "Ada", minutes: 5 }],
    [{ by: "Ada", reason: "x", minutes: 0 }],
    [{ by: "Ada", reason: "x", minutes: 1.5 }],
    [{ by: "", reason: "x", minutes: 5 }],
    [{ by: "Ada", reason: "a\nb", minutes: 5 }],
  ])("are not shelved by %j", async (body) => {
    await using api = await startApi();
    expect((await api.ask(`${SOURCE}/shelve`, post(body))).status).toBe(400);
    expect(api.plant.commands).toEqual([]);
  });

  it("must be known", async () => {
    await using api = await startApi();
    const { json } = await api.ask("/v1/alarm-sources/none/out-of-service", post({ by: "Eve", reason: "x" }));
    expect(json).toMatchObject({ status: 404, detail: expect.stringContaining('"none"') });
  });
});

it("lists the audit", async () => {
  await using api = await startApi();
  const { status, json } = await api.ask("/v1/audit?most=1");
  expect([status, json]).toMatchObject([200, [{ by: expect.any(String), what: expect.any(String) }]]);
});
