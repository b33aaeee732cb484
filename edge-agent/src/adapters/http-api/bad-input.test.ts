import { describe, expect, it } from "vitest";
import { ALARM, PUMP, SENSOR } from "./fake-plant.ts";
import { type Bench, openSocket, startApi } from "./harness.ts";

const id = encodeURIComponent;
const acknowledge = `/v1/alarms/${id(ALARM)}/acknowledge`;
const trend = `/v1/trends/health/${id(PUMP)}`;
const json = { "content-type": "application/json" };

const BAD_GETS: readonly (readonly [path: string, status: number, detail: string])[] = [
  ["/v1/machines?moste=1", 400, '"moste" is no parameter'],
  ["/v1/machines/x?verbose", 400, '"verbose" is no parameter'],
  ["/v1/status?a=1&b=2", 400, '"a", "b" is no parameter'],
  ["/livez?x", 400, '"x" is no parameter'],
  ["/v1/alarms?open=yes", 400, '"open":'],
  ["/v1/alarms?open=true&open=false", 400, '"open":'],
  ["/v1/alarms?most=1001", 400, '"most":'],
  ["/v1/alarms?most=-1", 400, '"most":'],
  ["/v1/alarms?most=1.5", 400, '"most":'],
  ["/v1/alarms?most=", 400, '"most":'],
  ["/v1/alarms?most=many", 400, '"most":'],
  ["/v1/alarms?__proto__[x]=1", 400, "is no parameter"],
  ["/v1/alarms?constructor=1", 400, '"constructor" is no parameter'],
  ["/v1/readings?tag=none", 404, 'no tag "none"'],
  ["/v1/readings?tag=", 400, '"tag":'],
  [`/v1/readings?tag=${"x".repeat(513)}`, 400, '"tag":'],
  ["/v1/machines/none", 404, 'no machine "none"'],
  [`/v1/machines/${PUMP.replaceAll(" ", "%20")}`, 404, "written %2F"],
  [`/v1/machines/${"x".repeat(513)}`, 400, '"id":'],
  ["/v1/sensors/none/waveform", 404, 'no sensor "none"'],
  [`/v1/sensors/${id(SENSOR)}/waveform?first=-1`, 400, '"first":'],
  [`/v1/sensors/${id(SENSOR)}/waveform?most=65537`, 400, '"most":'],
  ["/v1/sensors/none/spectrogram", 404, 'no sensor "none"'],
  ["/v1/alarms/none/waveforms", 404, 'no alarm "none"'],
  ["/v1/alarms/none/spectrogram", 404, 'no alarm "none"'],
  [`${trend}?buckets=0`, 400, '"buckets":'],
  [`${trend}?buckets=5001`, 400, '"buckets":'],
  [`${trend}?from=yesterday`, 400, '"from": must be an RFC 3339 time'],
  [`${trend}?to=2023-13-01T00:00:00Z`, 400, '"to": must be an RFC 3339 time'],
  [`${trend}?from=2023-11-14T22:00:00Z&to=2023-11-14T22:00:00Z`, 400, '"from" must be earlier than "to"'],
  ["/v1/trends/health/none", 404, 'no machine "none"'],
  ["/v1/trends/score/none", 404, 'no sensor "none"'],
  ["/v1/trends/tag/none", 404, 'no tag "none"'],
  ["/v1/trends/other/none", 400, '"of":'],
  ["/v1", 404, 'no route GET "/v1"'],
  ["/v2/machines", 404, "no route"],
  ["/v1/machines/%ff", 400, "malformed"],
  ["/%", 400, "malformed"],
  ["/../../etc/passwd", 404, "no route"],
  ["/v1/feed?token=x", 400, '"token" is no parameter'],
];

const BAD_POSTS: readonly (readonly [
  why: string,
  path: string,
  body: string,
  headers: Record<string, string>,
  status: number,
])[] = [
  ["no body", acknowledge, "", json, 400],
  ["no JSON", acknowledge, "{by:Ada}", json, 400],
  ["cut off", acknowledge, '{"by":"A', json, 400],
  ["no name", acknowledge, "{}", json, 400],
  ["an empty name", acknowledge, '{"by":"   "}', json, 400],
  ["a name that is a number", acknowledge, '{"by":5}', json, 400],
  ["a name with a line break", acknowledge, '{"by":"Ada\\n[31mEve"}', json, 400],
  ["a name that turns the writing round", acknowledge, '{"by":"Ada\\u202e"}', json, 400],
  ["a long name", acknowledge, JSON.stringify({ by: "x".repeat(101) }), json, 400],
  ["one thing too many", acknowledge, '{"by":"Ada","admin":true}', json, 400],
  ["a poisoned prototype", acknowledge, '{"by":"Ada","__proto__":{"admin":true}}', json, 400],
  ["a poisoned constructor", acknowledge, '{"by":"Ada","constructor":{"prototype":{}}}', json, 400],
  ["a list", acknowledge, "[]", json, 400],
  ["null", acknowledge, "null", json, 400],
  ["too much", acknowledge, JSON.stringify({ by: "x".repeat(20_000) }), json, 413],
  ["a form", acknowledge, "by=Ada", { "content-type": "application/x-www-form-urlencoded" }, 415],
  [
    "a text, as another site's page may send",
    acknowledge,
    '{"by":"Ada"}',
    { "content-type": "text/plain" },
    415,
  ],
  ["a query", `${acknowledge}?by=Ada`, '{"by":"Ada"}', json, 400],
  ["an unknown alarm", "/v1/alarms/none/acknowledge", '{"by":"Ada"}', json, 404],
  ["an unknown machine", "/v1/machines/none/relearn", '{"by":"Ada"}', json, 404],
  ["an unknown route", "/v1/machines", '{"by":"Ada"}', json, 404],
];

/** All that comes back for some bytes. */
async function answerTo(api: Bench, bytes: string): Promise<string> {
  const socket = await openSocket(api.address);
  socket.on("error", () => {});
  const parts: Buffer[] = [];
  socket.on("data", (part) => parts.push(part));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(bytes);
  await closed;
  return Buffer.concat(parts).toString("latin1");
}

describe("a request that is wrong", () => {
  it("is refused as a problem that says what is wrong", async () => {
    await using api = await startApi();
    for (const [path, status, detail] of BAD_GETS) {
      const answer = await api.ask(path);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
      expect(answer.json).toMatchObject({ status, detail: expect.stringContaining(detail) });
      expect(answer.json).not.toHaveProperty("requestId");
    }
    expect(api.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("is no command", async () => {
    await using api = await startApi();
    for (const [why, path, body, headers, status] of BAD_POSTS) {
      const answer = await api.ask(path, { method: "POST", body, headers });
      expect([why, answer.status]).toEqual([why, status]);
      expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    }
    expect(api.plant.commands.filter((one) => !one.startsWith("acknowledge none"))).toEqual([]);
  });

  it.each(["PUT", "DELETE", "PATCH", "OPTIONS"])("does nothing as %s", async (method) => {
    await using api = await startApi();
    expect((await api.ask(acknowledge, { method })).status).toBe(404);
    expect(api.plant.commands).toEqual([]);
  });

  it("gets a short echo of what it said", async () => {
    await using api = await startApi();
    const answer = await api.ask(`/v1/machines/${"y".repeat(400)}`);
    expect((answer.json as { detail: string }).detail.length).toBeLessThan(300);
  });
});

describe("bytes that are no request", () => {
  it.each([
    ["garbage", "\u0000\u0001\u0002\r\n\r\n", "400 Bad Request"],
    ["a wrong version", "GET / HTTP/9.9\r\n\r\n", "400 Bad Request"],
    [
      "two lengths",
      "POST /v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "400",
    ],
    [
      "a length beside chunks: request smuggling",
      "POST /v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "400 Bad Request",
    ],
    ["endless headers", `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, "413 Content Too Large"],
    ["no name of the host", "GET /livez HTTP/1.1\r\n\r\n", "400"],
    ["an empty name of the host", "GET /livez HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", "403"],
  ])("%s is answered and the connection closed", async (_, bytes, status) => {
    await using api = await startApi();
    expect(await answerTo(api, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    expect((await api.ask("/livez")).status).toBe(200);
  });

  it("a connection that is reset is forgotten", async () => {
    await using api = await startApi();
    const socket = await openSocket(api.address);
    socket.write("GET /livez HT");
    socket.resetAndDestroy();
    expect((await api.ask("/livez")).status).toBe(200);
  });
});
