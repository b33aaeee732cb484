import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expandLayout } from "../../core/layout/expand.ts";
import { createFft } from "../signal/fft.ts";
import { makeCertificate } from "./certificate.ts";
import { ALARM } from "./fake-plant.ts";
import { type Bench, openFeed, openSocket, send, startApi, upgradeRequest } from "./harness.ts";
import { registeredRoutes } from "./registered-routes.ts";

const folder = mkdtempSync(join(tmpdir(), "stethos-security-"));
const TOKEN = "correct-horse-battery-staple-0123456789";
const tokenFile = join(folder, "token");
const bearer = { authorization: `Bearer ${TOKEN}` };
let tls: { readonly certFile: string; readonly keyFile: string };

beforeAll(() => {
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
  tls = makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const login = (api: Bench, token: string) => api.ask("/v1/login", { method: "POST", body: { token } });

async function cookieOf(api: Bench): Promise<string> {
  const { headers } = await login(api, TOKEN);
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

/** The first line that the server answers to an upgrade. */
async function upgradeAnswer(api: Bench, head: string): Promise<string> {
  const socket = await openSocket(api.address);
  const answer = await new Promise<string>((resolve) => {
    socket.once("data", (data) => resolve(data.toString("latin1")));
    socket.write(head);
  });
  socket.destroy();
  return answer.split("\r\n")[0] ?? "";
}

describe("with a token", () => {
  it("every route of the server but those that are open refuses who does not show it", async () => {
    const { result: api, routes } = await registeredRoutes(() => startApi({ tokenFile }));
    await using _ = api;
    const closed = routes.filter(({ open }) => !open);
    expect(routes.filter(({ open }) => open).map(({ method, url }) => `${method} ${url}`)).toEqual(
      expect.arrayContaining(["GET /livez", "GET /readyz", "POST /v1/login"]),
    );
    expect(routes.filter(({ open, url }) => open && url.startsWith("/v1/"))).toHaveLength(1);
    expect(closed.length).toBeGreaterThan(25);
    const wrong = [
      {},
      { authorization: "Bearer wrong" },
      { authorization: `Basic ${TOKEN}` },
      { authorization: `Bearer ${TOKEN}x` },
      { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
      { authorization: TOKEN },
      { cookie: "stethos=guess" },
      { cookie: `stethos=${TOKEN}` },
      { "x-forwarded-for": "127.0.0.1", referer: `${api.address}/`, "x-real-ip": "127.0.0.1" },
    ];
    for (const { method, url } of closed) {
      for (const headers of wrong) {
        const path = url.replace(":of", "tag").replace(":id", "x");
        const { status, headers: answered } = await api.ask(path, {
          method,
          headers,
          ...(method === "POST" && { body: { by: "x" } }),
        });
        expect([method, path, headers, status]).toEqual([method, path, headers, 401]);
        expect(answered["www-authenticate"]).toBe('Bearer realm="stethos"');
      }
    }
    expect(api.plant.commands).toEqual([]);
  });

  it("the token in the header opens, whatever the case of its scheme", async () => {
    await using api = await startApi({ tokenFile });
    expect((await api.ask("/v1/machines", { headers: bearer })).status).toBe(200);
    expect((await api.ask("/metrics", { headers: { authorization: `bearer ${TOKEN}` } })).status).toBe(200);
  });

  it("a path that is written in another way opens nothing", async () => {
    await using api = await startApi({ tokenFile });
    for (const path of [
      "/%76%31/machines",
      "//v1/machines",
      "/v1/machines/",
      "/V1/machines",
      "/v1/./machines",
    ]) {
      expect([401, 404]).toContain((await api.ask(path)).status);
    }
  });

  it("the feed refuses the handshake without it and opens with it", async () => {
    await using api = await startApi({ tokenFile });
    for (const feed of ["/v1/feed", "/v1/twin"]) {
      const head = upgradeRequest(api.address).replace("/v1/feed", feed);
      expect(await upgradeAnswer(api, head)).toBe("HTTP/1.1 401 Unauthorized");
    }
    await expect(openFeed(api.address)).rejects.toThrow();
    const client = await openFeed(api.address, bearer);
    expect(await client.next()).toMatchObject({ kind: "snapshot" });
    client.close();
  });

  it("a browser logs in once and its cookie opens the API and the feed", async () => {
    await using api = await startApi({ tokenFile });
    const { status, headers, text } = await login(api, TOKEN);
    expect([status, text]).toEqual([204, ""]);
    expect(headers["set-cookie"]?.[0]).toMatch(
      /^stethos=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = `theme=dark; ${headers["set-cookie"]?.[0]?.split(";")[0]}`;
    expect((await api.ask("/v1/machines", { headers: { cookie } })).status).toBe(200);
    const client = await openFeed(api.address, { cookie });
    expect(await client.next()).toMatchObject({ kind: "snapshot" });
    client.close();
  });

  it("a wrong token logs nobody in and is written to no log", async () => {
    await using api = await startApi({ tokenFile });
    const { status, headers } = await login(api, "wrong-token-that-somebody-typed");
    expect([status, headers["set-cookie"]]).toEqual([401, undefined]);
    await login(api, TOKEN);
    expect(api.log.map(({ message }) => message)).toEqual([
      "the API listens",
      "a log-in with a wrong token was refused",
      "a browser logged in",
    ]);
    const log = JSON.stringify(api.log);
    expect(log).not.toContain("wrong-token-that-somebody-typed");
    expect(log).not.toContain(TOKEN);
  });

  it("who showed ten wrong tokens waits a minute, whatever comes next", async () => {
    await using api = await startApi({ tokenFile });
    for (let i = 0; i < 10; i += 1) expect((await login(api, `wrong-${i}`)).status).toBe(401);
    const refused = await login(api, TOKEN);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "60"]);
    expect((await api.ask("/v1/machines", { headers: bearer })).status).toBe(200);
    await api.clock.advance(60_000);
    expect((await login(api, TOKEN)).status).toBe(204);
  });

  it("a token of the wrong shape is not said back", async () => {
    await using api = await startApi({ tokenFile });
    const long = "secret".repeat(200);
    const answer = await login(api, long);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("secret");
  });

  it("each log-in has a session of its own", async () => {
    await using api = await startApi({ tokenFile });
    expect(await cookieOf(api)).not.toBe(await cookieOf(api));
  });

  it("who logs out is out, and the feed that was open closes within two seconds", async () => {
    await using api = await startApi({ tokenFile });
    const cookie = await cookieOf(api);
    const client = await openFeed(api.address, { cookie });
    const { status, headers } = await api.ask("/v1/logout", { method: "POST", headers: { cookie } });
    expect(status).toBe(204);
    expect(headers["set-cookie"]?.[0]).toMatch(/^stethos=; Max-Age=0; /);
    expect((await api.ask("/v1/machines", { headers: { cookie } })).status).toBe(401);
    await api.clock.advance(2000);
    expect(await client.closed).toMatchObject({ code: 4401 });
  });

  it("a session ends when nothing used it for twelve hours", async () => {
    await using api = await startApi({ tokenFile });
    const cookie = await cookieOf(api);
    await api.clock.advance(11 * 3600_000);
    expect((await api.ask("/v1/tags", { headers: { cookie } })).status).toBe(200);
    await api.clock.advance(11 * 3600_000);
    expect((await api.ask("/v1/tags", { headers: { cookie } })).status).toBe(200);
    await api.clock.advance(12 * 3600_000);
    expect((await api.ask("/v1/tags", { headers: { cookie } })).status).toBe(401);
  });

  it("the door to the probes stays open and says nothing more", async () => {
    await using api = await startApi({ tokenFile });
    expect((await api.ask("/livez")).text).toBe('{"status":"alive"}');
    expect((await api.ask("/readyz")).text).toBe('{"status":"ready"}');
  });
});

describe("without a token", () => {
  it("there is nothing to log in to", async () => {
    await using api = await startApi();
    expect(await login(api, TOKEN)).toMatchObject({ status: 404, json: { title: "There is no such thing" } });
  });
});

describe("against other sites' pages", () => {
  it.each(["localhost", "localhost:8642", "127.0.0.1:1", "[::1]:8642", "LOCALHOST", "press-shop.plant:8642"])(
    "the agent answers as %s",
    async (host) => {
      await using api = await startApi({ allowedHosts: ["Press-Shop.plant"] });
      expect((await api.ask("/v1/tags", { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:8642",
    "a@localhost",
    "localhost/x",
  ])("it does not answer as %j: DNS rebinding", async (host) => {
    await using api = await startApi();
    const { status, json } = await api.ask("/v1/tags", { headers: { host } });
    expect(status).toBe(403);
    expect(json).toMatchObject({ detail: expect.stringContaining("api.allowedHosts") });
  });

  it.each(["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1:1"])(
    "a page of %s may send no command and open no feed",
    async (origin) => {
      await using api = await startApi();
      const path = `/v1/alarms/${encodeURIComponent(ALARM)}/acknowledge`;
      const { status, json } = await api.ask(path, {
        method: "POST",
        headers: { origin },
        body: { by: "Eve" },
      });
      expect([status, (json as { type: string }).type]).toEqual([
        403,
        "https://stethos.dev/problems/origin-refused",
      ]);
      expect(api.plant.commands).toEqual([]);
      for (const feed of ["/v1/feed", "/v1/twin"]) {
        const head = upgradeRequest(api.address)
          .replace("/v1/feed", feed)
          .replace("Upgrade:", `Origin: ${origin}\r\nUpgrade:`);
        expect(await upgradeAnswer(api, head)).toBe("HTTP/1.1 403 Forbidden");
      }
      expect(api.plant.listeners).toBe(0);
    },
  );

  it("the agent's own page may do both", async () => {
    await using api = await startApi();
    const path = `/v1/alarms/${encodeURIComponent(ALARM)}/acknowledge`;
    const headers = { origin: api.address };
    expect((await api.ask(path, { method: "POST", headers, body: { by: "Ada" } })).status).toBe(200);
    const head = upgradeRequest(api.address).replace("Upgrade:", `Origin: ${api.address}\r\nUpgrade:`);
    expect(await upgradeAnswer(api, head)).toBe("HTTP/1.1 101 Switching Protocols");
  });

  it("every answer carries the security headers, also refusals", async () => {
    await using api = await startApi();
    for (const path of ["/livez", "/v1/machines", "/nope", "/v1/alarms?x=1"]) {
      const { headers } = await api.ask(path);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
      });
      const policy = headers["content-security-policy"];
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toMatch(/unsafe/);
      expect(headers["access-control-allow-origin"]).toBeUndefined();
      expect(headers["strict-transport-security"]).toBeUndefined();
    }
  });
});

describe("what is read from the disk", () => {
  const models = join(folder, "layout");
  const served = Buffer.from("glTF");

  beforeAll(() => {
    mkdirSync(models);
    writeFileSync(join(models, "pump.glb"), served);
    writeFileSync(join(models, "other.glb"), "of no template");
    writeFileSync(join(models, "layout.json"), "{}");
  });

  async function startWithModels() {
    const api = await startApi({}, undefined, { layoutFolder: () => models });
    const { layout } = api.points.layout;
    const templates = layout.templates.map((one) => ({ ...one, model: "pump.glb" }));
    Object.assign(api.points, { layout: expandLayout({ ...layout, templates }) });
    return api;
  }

  it("are the models that the layout names, with a mark to ask by", async () => {
    await using api = await startWithModels();
    const { status, text, headers } = await api.ask("/v1/layout/models/pump.glb");
    expect([status, text, headers["cache-control"]]).toEqual([200, "glTF", "no-cache"]);
    const { etag = "" } = headers;
    const again = await api.ask("/v1/layout/models/pump.glb", { headers: { "if-none-match": etag } });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it.each([
    "other.glb",
    "layout.json",
    "../token",
    "..%2ftoken",
    "%2e%2e%2ftoken",
    "..%5ctoken",
    "%252e%252e%252ftoken",
    "pump.glb%00",
    "pump.glb%2f..%2flayout.json",
    "./pump.glb/../layout.json",
    "%2fetc%2fpasswd",
    "",
    ".",
    "..",
    "x".repeat(1000),
  ])("and nothing else: %j", async (file) => {
    await using api = await startWithModels();
    const { status, text } = await api.ask(`/v1/layout/models/${file}`);
    expect([400, 404, 414]).toContain(status);
    for (const secret of [TOKEN, "of no template", "root:"]) expect(text).not.toContain(secret);
    expect(text).not.toContain(folder);
  });
});

describe("every command", () => {
  it("is refused where its body is larger than 16 KiB, or no JSON, or comes as a form would send it", async () => {
    const { result: api, routes } = await registeredRoutes(() => startApi());
    await using _ = api;
    for (const { url } of routes.filter(({ method, url }) => method === "POST" && url !== "/v1/logout")) {
      const path = url.replace(/:\w+/g, "x");
      const sent = async (body: string, type: string): Promise<number> =>
        (await api.ask(path, { method: "POST", body, headers: { "content-type": type } })).status;
      expect([url, await sent(`{"by":"${"x".repeat(20_000)}"}`, "application/json")]).toEqual([url, 413]);
      expect([url, await sent("{by: Ada}", "application/json")]).toEqual([url, 400]);
      expect([url, await sent('{"by":"Ada"}', "text/plain")]).toEqual([url, 415]);
      expect([url, await sent("by=Ada", "application/x-www-form-urlencoded")]).toEqual([url, 415]);
    }
    expect(api.plant.commands).toEqual([]);
  });
});

describe("what is kept by caches", () => {
  it("is nothing of the API but what is asked for anew each time", async () => {
    const { result: api, routes } = await registeredRoutes(() => startApi({}, createFft));
    await using _ = api;
    for (const { url } of routes.filter(({ method, open }) => method === "GET" && !open)) {
      const { headers } = await api.ask(url.replace(":of", "tag").replace(/:\w+/g, "x"));
      const allowed = url.startsWith("/v1/layout") ? ["no-cache", "no-store"] : ["no-store"];
      expect([url, headers["cache-control"]]).toEqual([url, expect.toBeOneOf(allowed)]);
    }
  });
});

describe("over TLS", () => {
  it("the cookie is bound to this host and to TLS, and browsers are told to stay with it", async () => {
    await using api = await startApi({ tls, tokenFile });
    expect(api.address).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const { headers } = await login(api, TOKEN);
    expect(headers["set-cookie"]?.[0]).toMatch(
      /^__Host-stethos=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect((await api.ask("/v1/machines", { headers: { cookie } })).status).toBe(200);
    expect((await api.ask("/v1/machines")).status).toBe(401);
  });

  it("listens at every address under any name once it has both", async () => {
    await using api = await startApi({ host: "0.0.0.0", tls, tokenFile });
    const { port } = new URL(api.address);
    const headers = { ...bearer, host: "edge-7.plant" };
    expect((await send(`https://127.0.0.1:${port}/v1/tags`, { headers })).status).toBe(200);
    expect((await send(`https://127.0.0.1:${port}/v1/tags`)).status).toBe(401);
  });

  it("listens there under the names of the configuration alone where it has some", async () => {
    await using api = await startApi({ host: "0.0.0.0", tls, tokenFile, allowedHosts: ["edge-7.plant"] });
    const { port } = new URL(api.address);
    const asked = (host: string) =>
      send(`https://127.0.0.1:${port}/v1/tags`, { headers: { ...bearer, host } });
    expect((await asked("edge-7.plant:8642")).status).toBe(200);
    expect((await asked("edge-8.plant")).status).toBe(403);
  });

  it("refuses TLS 1.1", async () => {
    await using api = await startApi({ tls, tokenFile });
    const { port } = new URL(api.address);
    const refusal = await new Promise((resolve) => {
      const socket = connectTls({
        port: Number(port),
        host: "127.0.0.1",
        rejectUnauthorized: false,
        minVersion: "TLSv1.1",
        maxVersion: "TLSv1.1",
        ciphers: "DEFAULT@SECLEVEL=0",
      });
      socket.on("secureConnect", () => resolve("connected"));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(refusal).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
  });
});
