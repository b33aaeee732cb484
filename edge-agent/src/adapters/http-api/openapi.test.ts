import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parseRfc3339 } from "../../core/time.ts";
import { createFft } from "../signal/fft.ts";
import { ALARM, FAN, PUMP, SENSOR, TAGS } from "./fake-plant.ts";
import { FRAME_ID } from "./fake-rollouts.ts";
import { type Answer, type Bench, openFeed, startApi } from "./harness.ts";
import { registeredRoutes } from "./registered-routes.ts";

const id = encodeURIComponent;
const by = { by: "Ada" };
const why = { ...by, reason: "its cable is being changed" };
const SOURCE = `/v1/alarm-sources/${id(SENSOR)}`;
const label = { ...by, verdict: "real" };
const order = {
  ...by,
  number: "WO-1",
  machine: PUMP,
  from: "2023-11-14T20:00:00Z",
  to: "2023-11-14T22:00:00Z",
  finding: "fault",
};

/** A request for each operation of the document, and the status it is to have. */
const CASES: readonly (readonly [operation: string, path: string, status: number, body?: unknown])[] = [
  ["GET /livez", "/livez", 200],
  ["GET /readyz", "/readyz", 200],
  ["GET /metrics", "/metrics", 200],
  ["GET /v1/status", "/v1/status", 200],
  ["GET /v1/devices", "/v1/devices?lang=zh", 200],
  ["GET /v1/devices", "/v1/devices?lang=tlh", 400],
  ["GET /v1/devices/{id}", "/v1/devices/plc1", 200],
  ["GET /v1/devices/{id}", "/v1/devices/press%203?lang=zh", 200],
  ["GET /v1/devices/{id}", "/v1/devices/none", 404],
  ["POST /v1/devices/{id}/identify", "/v1/devices/press%203/identify", 202, by],
  ["POST /v1/devices/{id}/identify", "/v1/devices/plc1/identify", 409, by],
  ["POST /v1/login", "/v1/login", 404, { token: "x" }],
  ["GET /v1/session", "/v1/session", 200],
  ["POST /v1/logout", "/v1/logout", 204],
  ["GET /v1/machines", "/v1/machines", 200],
  ["GET /v1/machines/{id}", `/v1/machines/${id(PUMP)}`, 200],
  ["GET /v1/machines/{id}", `/v1/machines/${id(FAN)}`, 200],
  ["GET /v1/machines/{id}", "/v1/machines/none", 404],
  ["POST /v1/machines/{id}/relearn", `/v1/machines/${id(PUMP)}/relearn`, 200, by],
  ["POST /v1/machines/{id}/relearn", `/v1/machines/${id(FAN)}/relearn`, 409, by],
  ["GET /v1/alarms", "/v1/alarms", 200],
  ["GET /v1/alarms", "/v1/alarms?open=true&most=5", 200],
  ["GET /v1/alarms", "/v1/alarms?most=0", 400],
  ["POST /v1/alarms/{id}/acknowledge", `/v1/alarms/${id(ALARM)}/acknowledge`, 200, by],
  ["GET /v1/alarms", "/v1/alarms?priority=urgent", 400],
  ["GET /v1/alarms", "/v1/alarms?before=none", 404],
  ["GET /v1/alarms.csv", "/v1/alarms.csv?q=pump", 200],
  ["GET /v1/alarms/{id}/journal", `/v1/alarms/${id(ALARM)}/journal`, 200],
  ["GET /v1/alarms/{id}/journal", "/v1/alarms/none/journal", 404],
  ["GET /v1/alarms/{id}/similar", `/v1/alarms/${id(ALARM)}/similar?most=3`, 200],
  ["POST /v1/alarm-sources/{id}/shelve", `${SOURCE}/shelve`, 200, { ...why, minutes: 5 }],
  ["POST /v1/alarm-sources/{id}/shelve", `${SOURCE}/shelve`, 400, { ...why, minutes: 10_081 }],
  ["POST /v1/alarm-sources/{id}/unshelve", `${SOURCE}/unshelve`, 200, by],
  ["POST /v1/alarm-sources/{id}/unshelve", "/v1/alarm-sources/none/unshelve", 404, by],
  ["POST /v1/alarm-sources/{id}/out-of-service", `${SOURCE}/out-of-service`, 200, why],
  ["POST /v1/alarm-sources/{id}/shelve", `${SOURCE}/shelve`, 409, { ...why, minutes: 5 }],
  ["GET /v1/alarm-sources", "/v1/alarm-sources", 200],
  ["POST /v1/alarm-sources/{id}/return-to-service", `${SOURCE}/return-to-service`, 200, by],
  ["GET /v1/audit", "/v1/audit?most=5", 200],
  ["GET /v1/outbox", "/v1/outbox", 200],
  ["GET /v1/trace", "/v1/trace?tag=works/none", 404],
  ["GET /v1/alarms/{id}/waveforms", `/v1/alarms/${id(ALARM)}/waveforms`, 200],
  ["GET /v1/alarms/{id}/spectrogram", `/v1/alarms/${id(ALARM)}/spectrogram`, 200],
  ["GET /v1/sensors/{id}/waveform", `/v1/sensors/${id(SENSOR)}/waveform?first=8000`, 200],
  ["GET /v1/sensors/{id}/spectrogram", `/v1/sensors/${id(SENSOR)}/spectrogram`, 200],
  ["GET /v1/sensors/{id}/spectrogram", `/v1/sensors/${id(SENSOR)}/spectrogram?against=baseline`, 409],
  ["GET /v1/readings", "/v1/readings", 200],
  ["GET /v1/readings", `/v1/readings?tag=${id(TAGS[0]?.id ?? "")}`, 200],
  ["GET /v1/tags", "/v1/tags", 200],
  ["GET /v1/trends/{of}/{id}", `/v1/trends/tag/${id(TAGS[0]?.id ?? "")}`, 200],
  ["GET /v1/trends/{of}/{id}", `/v1/trends/score/${id(SENSOR)}`, 200],
  ["GET /v1/trends/{of}/{id}", `/v1/trends/health/${id(PUMP)}`, 200],
  ["GET /v1/models", "/v1/models", 200],
  ["GET /v1/models/disagreements", "/v1/models/disagreements?most=5", 200],
  ["GET /v1/models/history", "/v1/models/history", 200],
  ["POST /v1/models/trial/start", "/v1/models/trial/start", 200, by],
  ["POST /v1/models/trial/pause", "/v1/models/trial/pause", 200, { ...by, reason: "night shift" }],
  ["GET /v1/models", "/v1/models", 200],
  ["POST /v1/models/trial/resume", "/v1/models/trial/resume", 200, by],
  ["POST /v1/models/trial/promote", "/v1/models/trial/promote", 200, by],
  ["POST /v1/models/trial/abort", "/v1/models/trial/abort", 200, by],
  ["GET /v1/frames/{id}", `/v1/frames/${id(FRAME_ID)}`, 200],
  ["GET /v1/frames/{id}", "/v1/frames/none", 404],
  ["POST /v1/frames/{id}/label", `/v1/frames/${id(FRAME_ID)}/label`, 200, { ...label, note: "outer ring" }],
  ["GET /v1/frames/{id}", `/v1/frames/${id(FRAME_ID)}`, 200],
  ["POST /v1/alarms/{id}/label", `/v1/alarms/${id(ALARM)}/label`, 200, label],
  ["POST /v1/work-orders", "/v1/work-orders", 200, order],
  ["GET /v1/machines/{id}/maintenance", `/v1/machines/${id(PUMP)}/maintenance`, 200],
  ["GET /v1/machines/{id}/maintenance", `/v1/machines/${id(FAN)}/maintenance`, 200],
  ["GET /v1/machines/{id}/maintenance", "/v1/machines/none/maintenance", 404],
  ["GET /v1/sensors/{id}/spectrum", `/v1/sensors/${id(SENSOR)}/spectrum`, 200],
  ["GET /v1/sensors/{id}/spectrum", `/v1/sensors/${id(SENSOR)}/spectrum?kind=envelope`, 200],
  ["GET /v1/sensors/{id}/spectrum", `/v1/sensors/${id(SENSOR)}/spectrum?kind=loudness`, 400],
  ["GET /v1/alarms/{id}/spectrum", `/v1/alarms/${id(ALARM)}/spectrum?kind=acceleration`, 200],
  ["GET /v1/layout", "/v1/layout", 200],
  ["GET /v1/layout/models/{file}", "/v1/layout/models/none.glb", 404],
  ["GET /v1/feed", "/v1/feed", 426],
  ["GET /v1/twin", "/v1/twin", 426],
  ["GET /v1/replay", "/v1/replay", 200],
  ["GET /v1/replay/frames", "/v1/replay/frames?from=2023-11-14T20:00:00Z&to=2023-11-14T21:00:00Z", 200],
  ["GET /v1/replay/frames", "/v1/replay/frames?from=2023-11-14T20:00:00Z&to=2023-11-14T20:00:00Z", 400],
  ["GET /v1/openapi.json", "/v1/openapi.json", 200],
];

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}

async function documentOf(api: Bench): Promise<Document> {
  return (await api.ask("/v1/openapi.json")).json as Document;
}

function createValidator(document: Document): (schema: object) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, formats: { "date-time": isTime, uri: URL.canParse } });
  ajv.addSchema({ ...document, $id: "openapi" });
  return (schema) => ajv.compile(absolute(schema));
}

const isTime = (text: string): boolean => parseRfc3339(text) !== undefined;

const absolute = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components'));

/** The schema that the document promises for this answer. */
function promised(operation: Operation, answer: Answer): object | undefined {
  const response = operation.responses[answer.status] ?? operation.responses[`${String(answer.status)[0]}XX`];
  expect(response, `status ${answer.status} is documented`).toBeDefined();
  const type = answer.headers["content-type"]?.split(";")[0] ?? "";
  if (answer.text === "") {
    expect(response?.content).toBeUndefined();
    return undefined;
  }
  const content = response?.content?.[type];
  expect(content, `${type} is documented`).toBeDefined();
  return content?.schema;
}

describe("the OpenAPI document", () => {
  it("holds every route that the server has, each with a name, a summary and its answers", async () => {
    const { result: api, routes } = await registeredRoutes(() => startApi());
    await using _ = api;
    const { openapi, paths } = await documentOf(api);
    expect(openapi).toBe("3.1.0");
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = routes
      .filter(({ method }) => method !== "HEAD")
      .map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, "{$1}")}`);
    expect(documented.toSorted()).toEqual(served.toSorted());
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(new Set(operations.map((one) => one.operationId)).size).toBe(operations.length);
    for (const one of operations) {
      expect(one.summary).toMatch(/\w/);
      expect(Object.keys(one.responses)).toHaveLength(3);
    }
  });

  it("is true: real answers of every operation are what it says", async () => {
    await using api = await startApi({}, createFft);
    const document = await documentOf(api);
    const validator = createValidator(document);
    for (const [operation, path, status, body] of CASES) {
      const [method = "", route = ""] = operation.split(" ");
      const answer = await api.ask(path, { method, ...(body !== undefined && { body }) });
      expect([path, answer.status]).toEqual([path, status]);
      const described = document.paths[route]?.[method.toLowerCase()] as Operation;
      const schema = promised(described, answer);
      if (schema === undefined) continue;
      const validate = validator(schema);
      expect(validate(answer.json ?? answer.text), `${path}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
    const tried = new Set(CASES.map(([operation]) => operation));
    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...tried].toSorted()).toEqual(all.toSorted());
  });

  it("describes the messages of the feed", async () => {
    await using api = await startApi();
    const document = await documentOf(api);
    const validate = createValidator(document)(document.components.schemas["FeedMessage"] ?? {});
    const client = await openFeed(api.address);
    const snapshot = await client.next();
    expect(validate(snapshot), JSON.stringify(validate.errors)).toBe(true);
    api.plant.change({ kind: "alarm", alarm: { ...api.plant.alarms()[0], peakAnomaly: 0.9 } as never });
    api.plant.change({ kind: "reading", tag: 0 });
    api.rollouts.tell();
    await api.clock.advance(200);
    const change = await client.next();
    expect(change).toMatchObject({ kind: "change" });
    expect(validate(change), JSON.stringify(validate.errors)).toBe(true);
    await api.clock.advance(800);
    const models = await client.next();
    expect(models).toMatchObject({ kind: "models", models: { champion: { version: "1.0.0" } } });
    expect(validate(models), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ kind: "change", time: "today" })).toBe(false);
    client.close();
  });

  it("names the token for all but what is open", async () => {
    await using api = await startApi();
    const { paths } = await documentOf(api);
    const open = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods as Record<string, { security?: unknown[] }>)
        .filter(({ security }) => security?.length === 0)
        .map(() => path),
    );
    expect(open.toSorted()).toEqual(["/livez", "/readyz", "/v1/login"]);
  });
});
