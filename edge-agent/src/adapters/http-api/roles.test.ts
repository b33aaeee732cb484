import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leastRole, mayDo, RIGHTS, ROLES, type Role } from "../../core/roles.ts";
import { createFft } from "../signal/fft.ts";
import { createAccess } from "./access.ts";
import { ALARM, PUMP } from "./fake-plant.ts";
import { FRAME_ID } from "./fake-rollouts.ts";
import { installGuard } from "./guard.ts";
import { type Bench, openFeed, startApi } from "./harness.ts";
import { type RegisteredRoute, registeredRoutes } from "./registered-routes.ts";

const folder = mkdtempSync(join(tmpdir(), "stethos-roles-"));
const secretOf = (holder: string): string => `${holder}-0123456789abcdef0123456789abcdef`;
const bearer = (holder: string) => ({ authorization: `Bearer ${secretOf(holder)}` });
const tokens = [
  ...ROLES.map((role) => ({ role, file: join(folder, role) })),
  { role: "operator" as const, name: "Ada", file: join(folder, "ada") },
];

beforeAll(() => {
  for (const { file } of tokens) {
    writeFileSync(file, secretOf(file.slice(folder.length + 1)), { mode: 0o600 });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = ({ url }: RegisteredRoute): string =>
  url.replace(":of", "tag").replace(/:\w+/g, "none").replace("*", "none");

const ask = (api: Bench, route: RegisteredRoute, role: string) =>
  api.ask(path(route), {
    method: route.method,
    headers: bearer(role),
    ...(route.method === "POST" && { body: { by: "Eve" } }),
  });

const acknowledge = `/v1/alarms/${encodeURIComponent(ALARM)}/acknowledge`;

describe("the roles", () => {
  it("every route says which right it needs, or that it is open; to read is to look", async () => {
    const { result: api, routes } = await registeredRoutes(() => startApi());
    await using _ = api;
    for (const { method, url, open, right } of routes) {
      expect([method, url, open === (right === undefined)]).toEqual([method, url, true]);
      if (method === "GET" && !open) expect([url, right]).toEqual([url, "look"]);
    }
  });

  it("a server with a route that says neither does not start", async () => {
    const app = fastify();
    const access = createAccess([], false, createManualClock());
    installGuard(app, { access, hosts: undefined });
    app.post("/v1/forgotten", async () => "done");
    await expect(app.ready()).rejects.toThrow("POST /v1/forgotten says neither");
    await app.close();
  });

  it.each(ROLES)("the API lets %s do what the table says and nothing else", async (role: Role) => {
    const { result: api, routes } = await registeredRoutes(() => startApi({ tokens }, createFft));
    await using _ = api;
    for (const route of routes) {
      if (route.right === undefined) continue;
      const { status, json } = await ask(api, route, role);
      const outcome = [route.method, route.url, status === 403 ? "forbidden" : "let in", status === 401];
      const expected = mayDo(role, route.right) ? "let in" : "forbidden";
      expect(outcome).toEqual([route.method, route.url, expected, false]);
      if (status !== 403 || route.method === "HEAD") continue;
      expect(json).toMatchObject({
        type: "https://stethos.dev/problems/forbidden",
        detail: `this needs the role ${leastRole(route.right)}; your token has the role ${role}`,
      });
    }
  });

  it("what is forbidden has no effect", async () => {
    await using api = await startApi({ tokens });
    const { status } = await api.ask(acknowledge, {
      method: "POST",
      headers: bearer("viewer"),
      body: { by: "Eve" },
    });
    expect([status, api.plant.commands]).toEqual([403, []]);
  });

  it("a session has the role and the name of the token it began with", async () => {
    await using api = await startApi({ tokens });
    const { headers } = await api.ask("/v1/login", { method: "POST", body: { token: secretOf("ada") } });
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect((await api.ask("/v1/session", { headers: { cookie } })).json).toEqual({
      role: "operator",
      name: "Ada",
      isProtected: true,
      rights: ["look", "acknowledge", "shelve", "label", "work-order"],
    });
    const relearn = `/v1/machines/${encodeURIComponent(PUMP)}/relearn`;
    const { status, json } = await api.ask(relearn, { method: "POST", headers: { cookie }, body: {} });
    expect([status, (json as { detail: string }).detail]).toEqual([
      403,
      'this needs the role engineer; the token of "Ada" has the role operator',
    ]);
    expect(api.log).toContainEqual(
      expect.objectContaining({
        message: "a browser logged in",
        fields: { from: "127.0.0.1", role: "operator", name: "Ada" },
      }),
    );
  });

  it("without any token whoever reaches the agent is an engineer", async () => {
    await using api = await startApi();
    expect((await api.ask("/v1/session")).json).toEqual({
      role: "engineer",
      isProtected: false,
      rights: [...RIGHTS],
    });
  });

  it("the token of api.tokenFile goes on being an engineer's", async () => {
    await using api = await startApi({ tokenFile: join(folder, "viewer") });
    expect((await api.ask("/v1/session", { headers: bearer("viewer") })).json).toMatchObject({
      role: "engineer",
    });
  });

  it("the feed opens to a viewer", async () => {
    await using api = await startApi({ tokens });
    const client = await openFeed(api.address, bearer("viewer"));
    expect(await client.next()).toMatchObject({ kind: "snapshot" });
    client.close();
  });
});

describe("who signs a command", () => {
  it.each([{ by: "Eve" }, {}])(
    "the name of the token, where it bears one, whatever %j says",
    async (body) => {
      await using api = await startApi({ tokens });
      const { status } = await api.ask(acknowledge, { method: "POST", headers: bearer("ada"), body });
      expect([status, api.plant.commands]).toEqual([200, [`acknowledge ${ALARM} Ada`]]);
    },
  );

  it("also under a label with words of the holder's own", async () => {
    await using api = await startApi({ tokens });
    const body = { by: "Eve", verdict: "real", note: "outer ring" };
    const url = `/v1/frames/${encodeURIComponent(FRAME_ID)}/label`;
    const { json } = await api.ask(url, { method: "POST", headers: bearer("ada"), body });
    expect(json).toMatchObject({ by: "Ada", note: "outer ring" });
  });

  it("the body, where several share the token; and then it must say it", async () => {
    await using api = await startApi({ tokens });
    const headers = bearer("operator");
    expect((await api.ask(acknowledge, { method: "POST", headers, body: {} })).status).toBe(400);
    expect(api.plant.commands).toEqual([]);
    await api.ask(acknowledge, { method: "POST", headers, body: { by: "Bob" } });
    expect(api.plant.commands).toEqual([`acknowledge ${ALARM} Bob`]);
  });

  it.each(["[]", '"by"', "7", "null"])(
    "a body that is no object, %s, is refused all the same",
    async (body) => {
      await using api = await startApi({ tokens });
      const { status } = await api.ask(acknowledge, { method: "POST", headers: bearer("ada"), body });
      expect([status, api.plant.commands]).toEqual([400, []]);
    },
  );
});

describe("the table in the README", () => {
  it("says of each right who has it, as core/roles.ts does", () => {
    const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| (yes|-) \| (yes|-) \| (yes|-) \|$/gm)];
    const told = rows.map(([, right, ...cells]) => [right, ...cells]);
    expect(told).toEqual(
      RIGHTS.map((right) => [right, ...ROLES.map((role) => (mayDo(role, right) ? "yes" : "-"))]),
    );
  });
});
