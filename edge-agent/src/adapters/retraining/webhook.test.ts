import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { createWebhook, defaultWebhook, type WebhookOptions } from "./webhook.ts";

const signal = new AbortController().signal;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?secret=1`;
}

const hook = (url: string, over: Partial<WebhookOptions> = {}) =>
  createWebhook({ ...defaultWebhook, url, ...over }, createSystemClock());

describe("webhook", () => {
  it("posts a DSSE envelope under the id of its request, with a token where there is one", async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      const { "content-type": type, "idempotency-key": id, authorization } = request.headers;
      seen.push({ method: request.method, url: request.url, type, id, authorization });
      response.writeHead(204).end();
    });
    expect(await hook(url, { token: "t0" }).post("r-1", "{}", signal)).toEqual({ kind: "delivered" });
    expect(await hook(url).post("r-2", "{}", signal)).toEqual({ kind: "delivered" });
    expect(seen).toEqual([
      {
        method: "POST",
        url: "/hook?secret=1",
        type: "application/vnd.dsse.envelope+json",
        id: "r-1",
        authorization: "Bearer t0",
      },
      expect.objectContaining({ id: "r-2", authorization: undefined }),
    ]);
  });

  it.each([
    [400, "refused"],
    [404, "refused"],
    [408, "unreachable"],
    [429, "unreachable"],
    [500, "unreachable"],
    [503, "unreachable"],
  ])("takes an answer %i as %s", async (status, kind) => {
    const url = await serve((_, response) => response.writeHead(status).end("no"));
    expect(await hook(url).post("r", "{}", signal)).toEqual({ kind, why: `answer ${status}` });
  });

  it("follows no one who sends it elsewhere", async () => {
    const url = await serve((_, response) => response.writeHead(307, { location: "/other" }).end());
    expect(await hook(url).post("r", "{}", signal)).toMatchObject({ kind: "unreachable" });
  });

  it("waits no longer than it may", async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const url = await serve(() => isAsked());
    const clock = createManualClock();
    const posting = createWebhook({ ...defaultWebhook, url, timeoutMs: 1000 }, clock).post("r", "{}", signal);
    await asked;
    await clock.advance(1000);
    expect(await posting).toEqual({ kind: "unreachable", why: "no answer within 1000 ms" });
    expect(clock.waiting).toBe(0);
  });

  it("ends at once when it is told to", async () => {
    const url = await serve(() => undefined);
    const told = new AbortController();
    const posting = hook(url).post("r", "{}", told.signal);
    told.abort(new Error("shutting down"));
    await expect(posting).rejects.toThrow("shutting down");
  });

  it("says in one line who does not answer, without what is secret in the address", async () => {
    const url = await serve(() => undefined);
    await closing.pop()?.();
    const webhook = hook(url);
    expect(webhook.name).not.toContain("secret");
    const delivery = await webhook.post("r", "{}", signal);
    expect(delivery).toMatchObject({ kind: "unreachable", why: expect.stringContaining("ECONNREFUSED") });
    expect(JSON.stringify(delivery)).not.toContain("secret");
  });

  it.each([
    "ftp://host/x",
    "not an address",
    "http://mlops.example/hook",
    "http://10.0.0.7/",
    "http://127.evil.example/",
  ])("refuses %s", (url) => {
    expect(() => hook(url)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it.each(["https://mlops.example/hook", "http://localhost:8080/", "http://[::1]/", "http://127.0.0.9/"])(
    "takes %s",
    (url) => {
      expect(hook(url).name).toBe(new URL(url).origin);
    },
  );

  it("takes plain http where that is allowed", () => {
    expect(hook("http://10.0.0.7/x", { allowPlainHttp: true }).name).toBe("http://10.0.0.7");
  });
});
