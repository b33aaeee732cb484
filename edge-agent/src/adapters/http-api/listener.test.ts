import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificate } from "./certificate.ts";
import { createListLogger, type LogLine, startApi } from "./harness.ts";
import { prepareListener } from "./listener.ts";
import { type HttpApiOptions, httpApiOptions } from "./options.ts";

const folder = mkdtempSync(join(tmpdir(), "stethos-listener-"));
const TOKEN = "0123456789abcdef0123456789abcdef";
let tls: { readonly certFile: string; readonly keyFile: string };
const tokenFile = join(folder, "token");

beforeAll(() => {
  tls = makeCertificate(folder);
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

const prepare = (options: HttpApiOptions, log: LogLine[] = []) =>
  prepareListener(httpApiOptions.parse(options), createListLogger(log));

describe("where the API listens", () => {
  it("is the loopback interface, without a token, unless the configuration says otherwise", async () => {
    expect(httpApiOptions.parse({})).toEqual({ host: "127.0.0.1", port: 8642, tokens: [] });
    expect(await prepare({})).toEqual({ address: "127.0.0.1", loopback: true, credentials: [] });
  });

  it.each(["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "::ffff:127.0.0.1"])(
    "takes %s for loopback",
    async (host) => {
      expect((await prepare({ host })).loopback).toBe(true);
    },
  );

  it.each(["0.0.0.0", "::", "192.0.2.7", "::ffff:192.0.2.7"])(
    "refuses %s without TLS and a token, and says what is missing",
    async (host) => {
      await expect(prepare({ host })).rejects.toMatchObject({
        code: "API_REFUSED",
        message: expect.stringContaining("api.tls and api.tokenFile. Set it, or listen at 127.0.0.1"),
      });
      await expect(prepare({ host, tls })).rejects.toThrow("that needs api.tokenFile.");
      await expect(prepare({ host, tokenFile })).rejects.toThrow("that needs api.tls.");
    },
  );

  it("takes any address with both", async () => {
    const listener = await prepare({ host: "0.0.0.0", tls, tokenFile });
    expect(listener).toMatchObject({
      address: "0.0.0.0",
      loopback: false,
      credentials: [{ secret: TOKEN, holder: { role: "engineer" } }],
    });
    expect(listener.tls?.cert.toString()).toContain("BEGIN CERTIFICATE");
  });

  it("refuses a name that is no address", async () => {
    await expect(prepare({ host: "no such host" })).rejects.toMatchObject({
      code: "API_REFUSED",
      message: expect.stringContaining('api.host "no such host"'),
    });
  });

  it("refuses a port that another program has", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await expect(startApi({ port })).rejects.toMatchObject({
      code: "API_REFUSED",
      message: expect.stringContaining(`port ${port}`),
    });
    await new Promise((resolve) => other.close(resolve));
  });
});

describe("the token file", () => {
  it.each([
    ["too short", "0123456789abcdef0123456789abcde"],
    ["empty", ""],
    ["of two words", `${TOKEN} ${TOKEN}`],
    ["of letters that no header carries", `${TOKEN}ä`],
    ["too long", "x".repeat(513)],
  ])("is refused when it is %s, with the command that makes one", async (_, content) => {
    const file = written("odd-token", content);
    const refusal = await prepare({ tokenFile: file }).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({
      code: "API_REFUSED",
      message: expect.stringContaining("openssl rand -base64 48"),
    });
    expect(content === "" || !String(refusal).includes(content)).toBe(true);
  });

  it("is refused when it cannot be read", async () => {
    await expect(prepare({ tokenFile: join(folder, "none") })).rejects.toThrow("api.tokenFile");
  });

  it("is warned of when everybody can read it, but not otherwise", async () => {
    const log: LogLine[] = [];
    const file = written("open-token", TOKEN);
    await prepare({ tokenFile: file }, log);
    expect(log).toEqual([]);
    chmodSync(file, 0o644);
    await prepare({ tokenFile: file }, log);
    expect(log).toMatchObject([{ level: "warn", fields: { mend: `chmod 600 ${file}` } }]);
  });
});

describe("the tokens with a role", () => {
  const OTHER = "fedcba9876543210fedcba9876543210";

  it("stand beside the one of tokenFile, each with its holder", async () => {
    const file = written("viewer-token", OTHER);
    const tokens = [{ role: "viewer", name: "Ada", file }] as const;
    expect((await prepare({ tokenFile, tokens: [...tokens] })).credentials).toEqual([
      { secret: TOKEN, holder: { role: "engineer" } },
      { secret: OTHER, holder: { role: "viewer", name: "Ada" } },
    ]);
  });

  it("are enough for an address that others can reach", async () => {
    const tokens = [{ role: "operator" as const, file: tokenFile }];
    expect((await prepare({ host: "0.0.0.0", tls, tokens })).loopback).toBe(false);
  });

  it("must differ: nobody could tell whose it is", async () => {
    const file = written("same-token", `${TOKEN}\n`);
    const refusal = prepare({ tokenFile, tokens: [{ role: "viewer", file }] });
    await expect(refusal).rejects.toMatchObject({
      code: "API_REFUSED",
      message: expect.stringContaining(`${file} and ${tokenFile} hold the same token`),
    });
    await expect(refusal).rejects.not.toThrow(TOKEN);
  });

  it("are named by their place where they cannot be read", async () => {
    const tokens = [
      { role: "viewer" as const, file: tokenFile },
      { role: "viewer" as const, file: join(folder, "none") },
    ];
    await expect(prepare({ tokens })).rejects.toThrow("api.tokens[1].file");
  });
});

describe("the TLS files", () => {
  it("are refused when they are no certificate and its key", async () => {
    const bad = { certFile: written("bad.pem", "no certificate"), keyFile: tls.keyFile };
    await expect(prepare({ tls: bad })).rejects.toMatchObject({
      code: "API_REFUSED",
      message: expect.stringContaining("no certificate and its key in PEM"),
    });
  });

  it("are refused when they cannot be read", async () => {
    const gone = { ...tls, keyFile: join(folder, "none.pem") };
    await expect(prepare({ tls: gone })).rejects.toThrow("api.tls.keyFile");
  });
});

describe("the options", () => {
  it.each([
    [{ port: 65_536 }],
    [{ port: 1.5 }],
    [{ host: "" }],
    [{ tls: { certFile: "a" } }],
    [{ token: "secret" }],
    [{ allowedHosts: "localhost" }],
    [{ tokens: [{ role: "admin", file: "a" }] }],
    [{ tokens: [{ role: "viewer" }] }],
    [{ tokens: [{ role: "viewer", file: "a", name: "A\u202eda" }] }],
  ])("refuse %j", (options) => {
    expect(httpApiOptions.safeParse(options).success).toBe(false);
  });
});
