import { appendFile, chmod, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { someBytes } from "../delivery/testing/bench.ts";
import type { Pointer } from "../registry/registry.ts";
import { type MadePackage, makePackage } from "../testing/packages.ts";
import { type Desk, openDesk, type Ran } from "./testing/desk.ts";

let desk: Desk;
let key: string;

const done = (ran: Ran): Ran => {
  if (ran.code !== 0) throw new Error(`ended with ${ran.code}: ${ran.err}`);
  return ran;
};

/** No graph, but it looks for its head as one does. */
const graphOf = (seed: number, bytes: number): Buffer =>
  Buffer.concat([Buffer.from("head.bin"), someBytes(seed, bytes - 8)]);

/** A folder as the pipeline leaves it: its manifest is not complete yet. */
async function folderOf(version: string, made: MadePackage = {}): Promise<string> {
  const folder = desk.file("packages", version);
  await makePackage({ version, graph: graphOf(1, 200_000), ...made }, folder);
  return folder;
}

/** Pack, sign, push, as a user would. */
async function release(version: string, sequence: number, made: MadePackage = {}): Promise<string> {
  const folder = await folderOf(version, made);
  done(await desk.run("pack", folder, "--sequence", String(sequence)));
  done(await desk.run("sign", folder, "--key", key));
  done(await desk.run("push", folder, "--key", `${key}.pub`));
  return folder;
}

const setChannel = (version: string, ...more: string[]): Promise<Ran> =>
  desk.run("channel", "set", "listener", "stable", version, "--key", key, ...more);

const stable = async (): Promise<Pointer | undefined> =>
  (
    await desk.run("channel", "show", "listener", "stable", "--key", `${key}.pub`, "--json")
  ).lines<Pointer>()[0];

beforeEach(async () => {
  desk = await openDesk();
  desk.env["STETHOS_REGISTRY"] = desk.file("registry");
  key = desk.file("release");
  done(await desk.run("keygen", "--out", key));
});

afterEach(() => desk.remove());

describe("the command line", () => {
  it("helps, tells its version, and says what its exit codes mean", async () => {
    const help = done(await desk.run("--help"));
    expect(help.out).toContain("Exit codes: 0 done, 1 could not be done or is not good, 2 wrong usage");
    expect((await desk.run("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    "keygen",
    "pack",
    "sign",
    "verify",
    "push",
    "list",
    "show",
    "diff",
    "channel set",
    "channel show",
    "rollback",
    "gc",
  ])("gives examples in the help of %s", async (command) => {
    const { out } = done(await desk.run(...command.split(" "), "--help"));
    expect(out).toContain(`Examples:\n  stethos-model ${command}`);
  });

  it.each([
    { args: ["frobnicate"], what: /unknown command 'frobnicate'/ },
    { args: ["keygen"], what: /required option '--out/ },
    { args: ["pack"], what: /missing required argument 'folder'/ },
    { args: ["pack", "x", "--sequence", "0"], what: /whole number of 1 or more/ },
    { args: ["verify", "x"], what: /required option '--key/ },
    { args: ["verify", "x", "--key", "nowhere.pub"], what: /nowhere\.pub cannot be read/ },
    { args: ["sign", "x", "--key", "nowhere"], what: /signing key nowhere cannot be read/ },
    { args: ["channel", "set", "a", "b", "1.0.0", "--key", "k", "--expires", "soon"], what: /like "90d"/ },
    {
      args: ["channel", "set", "a", "b", "1.0.0", "--key", "k", "--expires", "2027-13-41"],
      what: /like "90d"/,
    },
    { args: ["gc", "--older-than", "1"], what: /"12h", "90d" or "4w"/ },
    { args: ["gc", "--keep", "none"], what: /whole number/ },
    { args: ["list", "--registry", "ftp://x"], what: /a registry is a folder or s3:/ },
    { args: ["list", "../x"], what: /cannot be the name of a model/ },
  ])("refuses $args with what to write instead", async ({ args, what }) => {
    const { code, out, err } = await desk.run(...args);
    expect(err).toMatch(what);
    expect(code).toBe(2);
    expect(out).toBe("");
  });

  it("asks for a registry where none is named", async () => {
    desk.env["STETHOS_REGISTRY"] = "";
    expect(await desk.run("list")).toMatchObject({ code: 2, err: expect.stringMatching(/which registry\?/) });
  });
});

describe("keygen", () => {
  it("makes a key that only its owner reads, and never over another", async () => {
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const before = await readFile(key, "utf8");
    const again = await desk.run("keygen", "--out", key);
    expect(again).toMatchObject({ code: 2, err: expect.stringMatching(/cannot be written anew/) });
    expect(await readFile(key, "utf8")).toBe(before);
  });

  it("locks it with a passphrase that is never an argument and never printed", async () => {
    const secret = "correct horse battery staple";
    await writeFile(desk.file("pass"), `${secret}\n`);
    const locked = desk.file("locked");
    const made = done(
      await desk.run("keygen", "--out", locked, "--passphrase-file", desk.file("pass"), "--json"),
    );
    expect(made.lines()[0]).toMatchObject({
      privateKey: locked,
      isLocked: true,
      keyId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(made.out + made.err).not.toContain(secret);
    expect(await readFile(locked, "utf8")).toContain("ENCRYPTED");

    const folder = await folderOf("1.0.0");
    const wrong = await desk.run("sign", folder, "--key", locked);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/this passphrase opens/) });
    desk.env["STETHOS_KEY_PASSPHRASE"] = secret;
    const right = done(await desk.run("sign", folder, "--key", locked));
    expect(right.out + right.err).not.toContain(secret);
    await writeFile(desk.file("empty"), "\n");
    const empty = await desk.run("sign", folder, "--key", locked, "--passphrase-file", desk.file("empty"));
    expect(empty).toMatchObject({ code: 2, err: expect.stringMatching(/first line of .* is empty/) });
  });

  it("writes nothing when dry", async () => {
    done(await desk.run("keygen", "--out", desk.file("other"), "--dry-run"));
    expect(await readdir(desk.folder)).not.toContain("other");
  });
});

describe("pack", () => {
  it("completes digests, sizes, roles, version and sequence, and changes no number besides", async () => {
    const folder = await folderOf("1.0.0");
    const file = join(folder, "manifest.json");
    const text = (await readFile(file, "utf8")).replace('"threshold": 0.5', '"threshold": 5.0e-1');
    await writeFile(file, text.replace(/"files": \[[^\]]*\]/, '"files": []'));
    done(await desk.run("pack", folder, "--model-version", "1.1.0", "--sequence", "7"));
    const packed = await readFile(file, "utf8");
    expect(packed).toContain('"threshold": 5.0e-1');
    expect(JSON.parse(packed)).toMatchObject({ version: "1.1.0", sequence: 7 });
    const roles = (JSON.parse(packed) as { files: { path: string; role: string }[] }).files.map(
      ({ role }) => role,
    );
    expect(roles.sort()).toEqual(["card", "golden-vectors", "graph", "head"]);
    const again = done(await desk.run("pack", folder));
    expect(again.out).toMatch(/was complete already/);
  });

  it("writes nothing when dry", async () => {
    const folder = await folderOf("1.0.0");
    const before = await readFile(join(folder, "manifest.json"), "utf8");
    const { out } = done(await desk.run("pack", folder, "--sequence", "9", "--dry-run", "--json"));
    expect(JSON.parse(out)).toMatchObject({ sequence: 9, isChanged: true, dryRun: true });
    expect((await desk.run("pack", folder, "--sequence", "9", "--dry-run")).out).toMatch(
      /would be completed/,
    );
    expect(await readFile(join(folder, "manifest.json"), "utf8")).toBe(before);
  });

  it("takes the next sequence of the registry, and the same for the same version", async () => {
    await release("1.0.0", 4);
    const registry = desk.file("registry");
    const next = await folderOf("1.1.0");
    expect((await desk.run("pack", next, "--registry", registry)).out).toMatch(/sequence 5/);
    const same = await folderOf("1.0.0");
    expect((await desk.run("pack", same, "--registry", registry, "--yes")).out).toMatch(/sequence 4/);
  });

  it("asks before it removes a signature that no longer fits", async () => {
    const folder = await folderOf("1.0.0");
    done(await desk.run("sign", folder, "--key", key));
    await appendFile(join(folder, "CARD.md"), "more\n");
    expect(await desk.run("pack", folder)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/add --yes/),
    });
    desk.answer("n");
    expect(await desk.run("pack", folder)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/nothing was changed/),
    });
    expect(await readdir(folder)).toContain("model.sig");
    desk.answer("y");
    done(await desk.run("pack", folder));
    expect(await readdir(folder)).not.toContain("model.sig");
  });

  it.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    ["no manifest", (f) => rm(join(f, "manifest.json")), /manifest\.json cannot be read/],
    ["a manifest that is no JSON", (f) => writeFile(join(f, "manifest.json"), "{"), /is no JSON/],
    ["a manifest that is no object", (f) => writeFile(join(f, "manifest.json"), "[]"), /is no manifest/],
    ["a manifest that lacks its parts", (f) => writeFile(join(f, "manifest.json"), "{}"), /schemaVersion/],
    ["a file that is gone", (f) => rm(join(f, "CARD.md")), /lacks CARD\.md/],
    ["a file of unknown use", (f) => writeFile(join(f, "notes.txt"), "x"), /what notes\.txt is for/],
    ["a link", (f) => symlink("/etc/hostname", join(f, "link")), /link is a link or a device/],
    ["two graphs", (f) => writeFile(join(f, "other.onnx"), "x"), /holds 2 graphs/],
    [
      "golden numbers that do not fit",
      (f) => writeFile(join(f, "golden/vectors.json"), '{"binary":{"file":"vectors.f32","sha256":"0"}}'),
      /golden set again/,
    ],
    [
      "a golden index that is no JSON",
      (f) => writeFile(join(f, "golden/vectors.json"), "?"),
      /vectors\.json is no JSON/,
    ],
  ])("refuses %s", async (_, harm, what) => {
    const folder = await folderOf("1.0.0");
    await harm(folder);
    expect(await desk.run("pack", folder)).toMatchObject({ code: 1, err: expect.stringMatching(what) });
  });

  it("refuses a graph and a head that do not belong together", async () => {
    const folder = await folderOf("1.0.0", { graph: "no reference" });
    expect(await desk.run("pack", folder)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not refer to head\.bin/),
    });
  });
});

describe("sign and verify", () => {
  it("agree, and name what is wrong", async () => {
    const folder = await folderOf("1.0.0");
    const unsigned = await desk.run("verify", folder, "--key", `${key}.pub`);
    expect(unsigned).toMatchObject({
      code: 1,
      out: expect.stringMatching(/MODEL_UNSIGNED.*stethos-model sign/),
    });
    done(await desk.run("sign", folder, "--key", key, "--dry-run"));
    expect(await readdir(folder)).not.toContain("model.sig");
    const { out } = done(await desk.run("sign", folder, "--key", key, "--json"));
    const good = done(await desk.run("verify", folder, "--key", `${key}.pub`, "--json"));
    expect(JSON.parse(good.out)).toMatchObject({ ok: true, ...JSON.parse(out) });
    expect(done(await desk.run("verify", folder, "--key", `${key}.pub`)).out).toMatch(
      /is good: listener 1\.0\.0/,
    );
    await appendFile(join(folder, "head.bin"), "x");
    const bad = await desk.run("verify", folder, "--key", `${key}.pub`, "--json");
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({
      ok: false,
      code: "MODEL_TAMPERED",
      message: expect.stringMatching(/head\.bin/),
    });
  });
});

describe("from a package to a channel, and back", () => {
  const evaluated = (accuracy: number) => ({ manifest: { evaluation: { test: { accuracy, auroc: 0.99 } } } });

  it("goes the whole way", async () => {
    await release("1.0.0", 1, evaluated(0.86));
    await release("1.1.0", 2, evaluated(0.9));
    const listed = (await desk.run("list", "--json")).lines();
    expect(listed.map(({ version, sequence, channels }) => [version, sequence, channels])).toEqual([
      ["1.1.0", 2, []],
      ["1.0.0", 1, []],
    ]);

    done(await setChannel("1.0.0"));
    expect(await stable()).toMatchObject({ version: "1.0.0", sequence: 1, isRollback: false });
    done(await setChannel("1.1.0", "--expires", "30d", "--not-before", "2023-11-01"));
    const expires = new Date(desk.clock.nowUs() / 1000 + 30 * 86_400_000).toISOString();
    expect(await stable()).toMatchObject({
      version: "1.1.0",
      sequence: 2,
      expires,
      notBefore: "2023-11-01T00:00:00.000Z",
    });
    const table = done(await desk.run("list", "listener", "--key", `${key}.pub`));
    expect(table.out).toMatch(
      /^MODEL +VERSION +SEQUENCE .*\nlistener +1\.1\.0 .* stable\nlistener +1\.0\.0 /,
    );
    expect(done(await desk.run("channel", "show", "listener", "--key", `${key}.pub`)).out).toMatch(
      /stable +1\.1\.0 +2 /,
    );

    const diff = done(await desk.run("diff", "listener", "1.0.0", "1.1.0", "--key", `${key}.pub`, "--json"));
    expect(JSON.parse(diff.out)).toMatchObject({
      fetch: { files: 2, paths: ["head.bin", "CARD.md"] },
      shared: { files: 2, bytes: 200_002 },
      metrics: expect.arrayContaining([{ metric: "evaluation.test.accuracy", from: 0.86, to: 0.9 }]),
    });
    const text = done(await desk.run("diff", "listener", "1.0.0", "1.1.0", "--key", `${key}.pub`));
    expect(text.out).toMatch(/evaluation\.test\.accuracy +0\.86 +0\.9 +\+0\.04/);
    expect(text.out).toMatch(
      /a device with 1\.0\.0 fetches 2 files, \d+ bytes; 2 files, 200\.0 kB are shared/,
    );
    expect(text.err).toMatch(/metrics the same/);
    expect(
      done(await desk.run("diff", "listener", "1.0.0", "1.1.0", "--key", `${key}.pub`, "--all")).out,
    ).toMatch(/auroc/);

    const back = await desk.run("rollback", "listener", "stable", "--key", key);
    expect(back).toMatchObject({
      code: 2,
      err: expect.stringMatching(/goes back from 1\.1\.0 to 1\.0\.0.*--yes/),
    });
    desk.answer("no");
    expect((await desk.run("rollback", "listener", "stable", "--key", key)).code).toBe(1);
    done(await desk.run("rollback", "listener", "stable", "--key", key, "--dry-run", "--json"));
    expect(await stable()).toMatchObject({ version: "1.1.0" });
    desk.answer("y");
    done(await desk.run("rollback", "listener", "stable", "--key", key));
    expect(await stable()).toMatchObject({ version: "1.0.0", sequence: 3, isRollback: true });
    const nowhere = await desk.run("rollback", "listener", "stable", "--key", key, "--yes");
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringMatching(/no version before it/) });
    done(await desk.run("rollback", "listener", "stable", "--to", "1.0.0", "--key", key, "--yes", "--json"));
  });

  it("shows a version", async () => {
    await release("1.0.0", 1, evaluated(0.86));
    const shown = done(await desk.run("show", "listener", "1.0.0", "--key", `${key}.pub`));
    expect(shown.out).toMatch(/model\.int8\.onnx +graph +200\.0 kB/);
    expect(shown.out).toMatch(/evaluation\.test\.accuracy +0\.86/);
    const json = done(await desk.run("show", "listener", "1.0.0", "--key", `${key}.pub`, "--json"));
    expect(JSON.parse(json.out)).toMatchObject({ manifest: { name: "listener", sequence: 1 } });
  });

  it("sends what is missing only, and says so beforehand", async () => {
    const folder = await release("1.0.0", 1);
    expect((await desk.run("push", folder, "--key", `${key}.pub`)).out).toMatch(
      /sent 0 files, 0 bytes; 4 files/,
    );
    expect((await desk.run("push", folder, "--key", `${key}.pub`, "--json")).lines()[0]).toMatchObject({
      uploaded: { files: 0, bytes: 0 },
    });
    const next = await folderOf("1.1.0");
    done(await desk.run("sign", next, "--key", key));
    const dry = done(await desk.run("push", next, "--key", `${key}.pub`, "--dry-run", "--json"));
    expect(JSON.parse(dry.out)).toMatchObject({ files: [{ path: "head.bin" }, { path: "CARD.md" }] });
    expect(done(await desk.run("push", next, "--key", `${key}.pub`, "--dry-run")).err).toMatch(
      /would send 2 files/,
    );
    expect((await desk.run("list", "--json")).lines()).toHaveLength(1);
  });

  it("points at nothing that devices would refuse", async () => {
    await release("1.0.0", 1);
    await release("1.1.0", 2);
    done(await setChannel("1.1.0"));
    expect(await setChannel("1.0.0")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/add --rollback/),
    });
    expect(await setChannel("3.0.0")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/it has: 1\.1\.0, 1\.0\.0/),
    });
    expect(await setChannel("1.1.0", "--expires", "2020-01-01")).toMatchObject({ code: 2 });
    expect(done(await setChannel("1.0.0", "--rollback", "--dry-run", "--json")).err).toMatch(/would point/);
    done(await setChannel("1.0.0", "--rollback", "--json"));
    expect(await stable()).toMatchObject({ version: "1.0.0", isRollback: true });
  });

  it("sets an expired channel anew, and tells of it in the list", async () => {
    await release("1.0.0", 1);
    done(await setChannel("1.0.0", "--expires", "1h"));
    desk.clock.jumpWall(2 * 3_600_000_000);
    const listed = done(await desk.run("list", "--key", `${key}.pub`));
    expect(listed.err).toMatch(/channel listener\/stable: MODEL_EXPIRED/);
    done(await setChannel("1.0.0"));
    expect(await stable()).toMatchObject({ sequence: 2 });
  });

  it("lets two signers work on one channel, when they trust each other", async () => {
    await release("1.0.0", 1);
    done(await setChannel("1.0.0"));
    const other = desk.file("other");
    done(await desk.run("keygen", "--out", other));
    const args = ["channel", "set", "listener", "stable", "1.0.0", "--key", other];
    expect(await desk.run(...args)).toMatchObject({ code: 1, err: expect.stringMatching(/MODEL_UNSIGNED/) });
    done(await desk.run(...args, "--trust", `${key}.pub`));
  });

  it("stops when it is told to, and says so", async () => {
    await release("1.0.0", 1);
    desk.interrupt();
    const stopped = await desk.run("list", "listener");
    expect(stopped).toMatchObject({ code: 1, out: "", err: "stopped before it was done\n" });
  });

  it("says what there is not", async () => {
    expect(done(await desk.run("list")).err).toMatch(/holds no version yet/);
    expect(done(await desk.run("list", "listener")).err).toMatch(/no version of listener yet/);
    expect(done(await desk.run("channel", "show", "listener", "--key", `${key}.pub`)).err).toMatch(
      /no channel/,
    );
    const shown = await desk.run("channel", "show", "listener", "stable", "--key", `${key}.pub`);
    expect(shown).toMatchObject({
      code: 1,
      err: expect.stringMatching(/there is no channel listener\/stable/),
    });
    expect(await desk.run("rollback", "listener", "stable", "--key", key)).toMatchObject({ code: 1 });
  });
});

describe("gc", () => {
  const manifests = async () => (await desk.run("list", "--json")).lines().map(({ version }) => version);
  const blobs = () => readdir(desk.file("registry", "blobs", "sha256"));

  /** The folder's own clock is the disk's: files grow old by hand. */
  async function age(): Promise<void> {
    const old = new Date(desk.clock.nowUs() / 1000 - 100 * 86_400_000);
    for (const blob of await blobs()) await utimes(desk.file("registry", "blobs", "sha256", blob), old, old);
  }

  beforeEach(async () => {
    await release("1.0.0", 1);
    await release("1.1.0", 2, { graph: graphOf(2, 1000) });
    await release("1.2.0", 3);
    done(await setChannel("1.0.0"));
    await age();
  });

  it("keeps what channels point at, the newest, and what they share", async () => {
    const before = (await blobs()).length;
    const dry = done(await desk.run("gc", "--keep", "1", "--dry-run", "--json"));
    expect(JSON.parse(dry.out)).toMatchObject({
      dryRun: true,
      versions: [{ version: "1.1.0" }],
      files: 3,
      keptVersions: 2,
    });
    expect(await desk.run("gc", "--keep", "1")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/add --yes/),
    });
    desk.answer("n");
    expect((await desk.run("gc", "--keep", "1")).code).toBe(1);
    expect(await blobs()).toHaveLength(before);
    desk.answer("y");
    expect(done(await desk.run("gc", "--keep", "1")).out).toBe("listener 1.1.0\n");
    expect(await manifests()).toEqual(["1.2.0", "1.0.0"]);
    expect(await blobs()).toHaveLength(before - 3);
    for (const version of ["1.0.0", "1.2.0"]) {
      done(await desk.run("show", "listener", version, "--key", `${key}.pub`));
    }
    expect(done(await desk.run("gc", "--keep", "1")).err).toMatch(
      /0 versions and 0 files .* would go; 2 versions stay/,
    );
  });

  it("leaves young files alone: a push may be under way", async () => {
    const young = new Date(desk.clock.nowUs() / 1000);
    for (const blob of await blobs())
      await utimes(desk.file("registry", "blobs", "sha256", blob), young, young);
    const { out } = done(await desk.run("gc", "--keep", "1", "--dry-run", "--json"));
    expect(JSON.parse(out)).toMatchObject({ files: 0 });
  });

  it("removes nothing while something cannot be read", async () => {
    const file = desk.file("registry", "channels", "listener", "stable.json");
    await chmod(file, 0o644);
    await writeFile(file, "{}");
    expect(await desk.run("gc", "--keep", "1", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/stable\.json is no pointer/),
    });
    expect(await manifests()).toHaveLength(3);
  });
});
