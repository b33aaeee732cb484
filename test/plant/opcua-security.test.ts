import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { causes, linkIs, newest, type Watch, watch } from "./opcua-kit.ts";
import { type OpcuaServer, startOpcuaServer } from "./opcua-server.ts";

// Keys are slow to make: one server and one store for all, but where a test needs its own.
let server: OpcuaServer;
let address: string;
let store: string;
const folders: string[] = [];
const cleanUps: (() => Promise<void>)[] = [];

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "opcua-store-"));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  server = await startOpcuaServer({
    securityModes: ["None", "Sign", "SignAndEncrypt"],
    users: { operator: "secret" },
  });
  address = server.add("v", "Double", 5);
  store = await temporaryFolder();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(async () => {
  await server.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const login = { user: "operator", passwordEnv: "OPCUA_TEST_PASSWORD" };
process.env["OPCUA_TEST_PASSWORD"] = "secret";

function run(options: Record<string, unknown>): Watch {
  const watched = watch(
    { tags: [address] },
    { endpoint: server.url, securityMode: "SignAndEncrypt", certificateFolder: store, ...login, ...options },
  );
  cleanUps.push(() => watched.stop());
  return watched;
}

const thumbprintOf = async (file: string) =>
  new X509Certificate(await readFile(file)).fingerprint.replaceAll(":", "").toLowerCase();

describe("a secure OPC UA connection", () => {
  it("waits until the operator trusts the server, and says which file to move where", async () => {
    const folder = await temporaryFolder();
    const watched = run({ certificateFolder: folder });
    const reason = await watched.until(linkIs(false));
    const thumbprint = await thumbprintOf(server.certificateFile);
    expect(reason).toContain(server.url);
    expect(reason).toContain(`thumbprint ${thumbprint}`);
    const [, file = "", trusted = ""] = /then move (\S.*) to (\S.*)$/.exec(reason) ?? [];
    expect(await thumbprintOf(file)).toBe(thumbprint);
    expect(trusted.startsWith(folder)).toBe(true);
    expect(causes(watched)).toEqual(["OPCUA_UNTRUSTED"]);
    await rename(file, join(trusted, basename(file)));
    await watched.until(newest(0, ({ value }) => value === 5));
    expect(server.sessions()).toBe(1);
    await watched.stop();
    expect(server.sessions()).toBe(0);
  });

  it.each(["Sign", "SignAndEncrypt"])("works with %s, trusting on first use", async (securityMode) => {
    const watched = run({ securityMode, trustServer: "first-use" });
    await watched.until(newest(0, ({ value }) => value === 5));
    const own = await readdir(join(store, "own", "certs"));
    expect(own).toContain("client_certificate.pem");
  });

  it("puts who it is into its certificate", async () => {
    const folder = await temporaryFolder();
    const watched = run({
      trustServer: "first-use",
      certificateFolder: folder,
      applicationUri: "urn:plant:edge-7",
    });
    await watched.until(newest(0, ({ value }) => value === 5));
    const pem = await readFile(join(folder, "own", "certs", "client_certificate.pem"));
    const { subjectAltName, publicKey } = new X509Certificate(pem);
    expect(subjectAltName).toContain("URI:urn:plant:edge-7");
    expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  it("says that its store cannot be used", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    const watched = run({ certificateFolder: join(file, "store") });
    expect(await watched.until(linkIs(false))).toContain("the folder cannot be used");
  });

  it("takes no other certificate after the first use", async () => {
    const folder = await temporaryFolder();
    const port = new URL(server.url).port;
    const first = run({ trustServer: "first-use", certificateFolder: folder });
    await first.until(newest(0, ({ value }) => value === 5));
    await first.stop();
    // As if the endpoint had shown another certificate then.
    const trusted = join(folder, "trusted", "certs");
    for (const file of await readdir(trusted)) await rm(join(trusted, file));
    const note = join(folder, "first-use", `opc.tcp_127.0.0.1_${port}.txt`);
    await writeFile(note, "0123456789abcdef0123456789abcdef01234567\n");
    const second = run({ trustServer: "first-use", certificateFolder: folder });
    const reason = await second.until(linkIs(false));
    expect(reason).toContain("is not the one that was trusted on first use (0123456789abcdef");
    expect(reason).toContain(note);
  });

  it("says what to do where the server does not trust the agent", async () => {
    const strict = await startOpcuaServer({ securityModes: ["SignAndEncrypt"], isStrict: true });
    cleanUps.push(() => strict.close());
    const watched = run({
      endpoint: strict.url,
      trustServer: "first-use",
      user: undefined,
      passwordEnv: undefined,
    });
    expect(await watched.until(linkIs(false))).toContain("own/certs/client_certificate.pem");
    expect(causes(watched)).toEqual(["OPCUA_UNTRUSTED"]);
  });

  it("logs in with a password that no log and no message shows", async () => {
    const file = join(await temporaryFolder(), "password");
    await writeFile(file, "secret\n");
    const right = run({ trustServer: "first-use", passwordEnv: undefined, passwordFile: file });
    await right.until(newest(0, ({ value }) => value === 5));
    await writeFile(file, "a wrong one\n");
    const wrong = run({ trustServer: "first-use", passwordEnv: undefined, passwordFile: file });
    const reason = await wrong.until(linkIs(false));
    expect(reason).toContain("check user, password");
    const said = [...right.logged, ...wrong.logged, reason].join("\n");
    expect(said).not.toMatch(/secret|a wrong one/);
  });

  it("hides the password where only the password can be hidden", async () => {
    const watched = run({ securityMode: "None", certificateFolder: "/nowhere/at/all" });
    await watched.until(newest(0, ({ value }) => value === 5));
    // Without security there is nothing to store.
    expect(existsSync("/nowhere/at/all")).toBe(false);
  });

  it("is refused with the reason where the certificate of the server is out of date", async () => {
    const folder = await temporaryFolder();
    const { OPCUACertificateManager } = await import("node-opcua");
    const manager = new OPCUACertificateManager({ rootFolder: folder, disableFileWatchers: true });
    await manager.initialize();
    await manager.createSelfSignedCertificate({
      applicationUri: "urn:old",
      dns: ["127.0.0.1"],
      subject: "/CN=Old",
      startDate: new Date("2020-01-01T00:00:00Z"),
      validity: 30,
      outputFile: join(folder, "own", "certs", "certificate.pem"),
    });
    await manager.dispose();
    const old = await startOpcuaServer({ securityModes: ["SignAndEncrypt"], certificateFolder: folder });
    cleanUps.push(() => old.close());
    const watched = run({
      endpoint: old.url,
      trustServer: "first-use",
      user: undefined,
      passwordEnv: undefined,
    });
    expect(await watched.until(linkIs(false))).toMatch(/is valid from Jan {2}1 .*2020.* to Jan 31 .*2020/);
  });
});
