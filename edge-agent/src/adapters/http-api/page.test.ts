import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApi } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "stethos-page-"));
const webRoot = join(folder, "dist");
const tokenFile = join(folder, "token");

beforeAll(() => {
  mkdirSync(join(webRoot, "assets"), { recursive: true });
  writeFileSync(join(webRoot, "index.html"), "<!doctype html><title>Stethos</title>");
  writeFileSync(join(webRoot, "assets", "index-BxY3kQ9z.js"), "export {};");
  writeFileSync(join(webRoot, "favicon.svg"), "<svg/>");
  writeFileSync(join(webRoot, ".secret"), "no");
  writeFileSync(tokenFile, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the page", () => {
  it("is served at the root and asked for anew each time", async () => {
    await using api = await startApi({ webRoot });
    const { status, headers, text } = await api.ask("/");
    expect([status, text]).toEqual([200, "<!doctype html><title>Stethos</title>"]);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["cache-control"]).toBe("no-cache");
    expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self';");
    expect((await api.ask("/", { headers: { "if-none-match": headers.etag ?? "" } })).status).toBe(304);
  });

  it("keeps for ever what bears the hash of its content", async () => {
    await using api = await startApi({ webRoot });
    const script = await api.ask("/assets/index-BxY3kQ9z.js");
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(script.headers["content-type"]).toBe("application/javascript; charset=utf-8");
    expect((await api.ask("/favicon.svg")).headers["cache-control"]).toBe("no-cache");
  });

  it("needs no token, for it asks for it; the API beside it does", async () => {
    await using api = await startApi({ webRoot, tokenFile });
    expect((await api.ask("/")).status).toBe(200);
    expect((await api.ask("/v1/machines")).status).toBe(401);
  });

  it.each([
    "/.secret",
    "/../token",
    "/..%2ftoken",
    "/%2e%2e/token",
    "/assets/..%5c..%5ctoken",
    "/assets/",
    "/none",
  ])("gives away nothing at %s", async (path) => {
    await using api = await startApi({ webRoot });
    const { status, text } = await api.ask(path);
    expect([400, 403, 404]).toContain(status);
    expect(text).not.toContain("0123456789abcdef");
  });

  it("is refused where it was not built, with the command that does", async () => {
    await expect(startApi({ webRoot: join(folder, "none") })).rejects.toMatchObject({
      code: "API_REFUSED",
      message: expect.stringContaining("npm run build"),
    });
  });

  it("is not there where the configuration names none", async () => {
    await using api = await startApi();
    expect((await api.ask("/")).status).toBe(404);
  });
});
