import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/processes.ts";
import type { Ran } from "./container.ts";
import { installFolder } from "./releases.ts";

const execute = promisify(execFile);

async function run(script: string): Promise<Ran> {
  try {
    const { stdout } = await execute("sh", ["-c", `exec 2>&1; ${script}`]);
    return { code: 0, output: stdout };
  } catch (thrown) {
    const { code, stdout } = thrown as { code: number; stdout: string };
    return { code, output: stdout };
  }
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let count = 0;
/** Of a disk that is made: nothing runs there. */
let root = "";
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  count += 1;
  root = join(folder.path, `root-${count}`);
  await mkdir(root);
});

/** A release as far as the installer looks at one that it does not start. */
async function makeSmall(version: string, arch = process.arch): Promise<string> {
  const release = join(folder.path, `${version}-${arch}`);
  await mkdir(join(release, "bin"), { recursive: true });
  await cp(installFolder, join(release, "edge-agent/install"), { recursive: true });
  await cp(join(installFolder, "stethos"), join(release, "bin/stethos"));
  await writeFile(join(release, "edge-agent/package.json"), `${JSON.stringify({ version }, undefined, 2)}\n`);
  await writeFile(join(release, "RELEASE"), `version=\nid=\narch=${arch}\nnode=24.21.0\n`);
  const sealed = await run(`${installFolder}/bundle.sh --seal ${release}`);
  expect(sealed, sealed.output).toMatchObject({ code: 0 });
  return release;
}

const install = (release: string, more = "") =>
  run(`${release}/edge-agent/install/install.sh --root ${root} ${more}`);
const at = (path: string) => join(root, path);
const releases = () => readdir(at("opt/stethos/releases"));
const versionOf = async (link: string) => (await readlink(at(`opt/stethos/${link}`))).replace(/-\w+$/, "");

describe.runIf(process.getuid?.() === 0)("the installer, below a folder", () => {
  it("places everything for the first start of a disk, and starts nothing", async () => {
    const { code, output } = await install(await makeSmall("1.0.0"));
    expect(output).toContain("it starts with the machine once /etc/stethos/agent.yaml is there");
    expect(code).toBe(0);
    expect(await versionOf("current")).toBe("releases/1.0.0");
    expect(await readFile(at("etc/passwd"), "utf8")).toMatch(/^stethos:.*nologin$/m);
    expect(await readlink(at("usr/local/bin/stethos"))).toBe("/opt/stethos/current/bin/stethos");
    const wants = "etc/systemd/system/multi-user.target.wants/stethos.service";
    expect(await readlink(at(wants))).toContain("stethos.service");
    expect(await readdir(at("etc/stethos"))).toEqual(["agent.example.yaml", "keys"]);
  });

  it("keeps this release and the one before, and what is in /etc and /var", async () => {
    const config = join(folder.path, "mine.yaml");
    await writeFile(config, "mine\n");
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) {
      const { code, output } = await install(await makeSmall(version), `--config ${config}`);
      expect(output, output).toSatisfy(() => code === 0);
      await writeFile(config, "another\n");
      await writeFile(at("var/lib/stethos/history.db"), "kept");
    }
    expect(await versionOf("current")).toBe("releases/1.2.0");
    expect(await versionOf("previous")).toBe("releases/1.1.0");
    expect((await releases()).map((name) => name.replace(/-\w+$/, ""))).toEqual(["1.1.0", "1.2.0"]);
    expect(await readFile(at("etc/stethos/agent.yaml"), "utf8")).toBe("mine\n");
    expect(await readFile(at("var/lib/stethos/history.db"), "utf8")).toBe("kept");
    const removed = await run(`${installFolder}/uninstall.sh --root ${root}`);
    expect(removed.code).toBe(0);
    expect(await readdir(at("opt"))).toEqual([]);
    expect(await readFile(at("etc/stethos/agent.yaml"), "utf8")).toBe("mine\n");
    expect((await run(`${installFolder}/uninstall.sh --root ${root} --purge --yes`)).code).toBe(0);
    expect(await readFile(at("etc/passwd"), "utf8")).not.toContain("stethos");
    expect(await readdir(at("var/lib"))).toEqual([]);
  });

  it("clears away what an install that was cut off left, and waits for no other", async () => {
    await mkdir(at("opt/stethos/releases/.new.1/half"), { recursive: true });
    const release = await makeSmall("1.0.0");
    const { code, output } = await run(
      `flock ${root}/opt/stethos/.lock ${release}/edge-agent/install/install.sh --root ${root}`,
    );
    expect(output).toContain("another install is running");
    expect(code).toBe(3);
    expect((await install(release)).code).toBe(0);
    expect((await releases()).every((name) => name.startsWith("1.0.0"))).toBe(true);
  });

  it("lets serial ports in by their kind", async () => {
    await symlink("ttyUSB0", at("by-id"));
    const { code } = await install(await makeSmall("1.0.0"), `--serial ${root}/by-id --serial /dev/ttyACM1`);
    expect(code).toBe(0);
    const written = await readFile(at("etc/systemd/system/stethos.service.d/20-serial.conf"), "utf8");
    expect(written.split("\n").slice(1, -1)).toEqual([
      "[Service]",
      "PrivateDevices=no",
      "SupplementaryGroups=dialout",
      "DeviceAllow=char-ttyUSB rw",
      "DeviceAllow=char-ttyACM rw",
    ]);
  });
});

describe.runIf(process.getuid?.() === 0)("the installer refuses, and changes nothing,", () => {
  const refused = async (script: string, why: string) => {
    const { code, output } = await run(script);
    expect(output).toContain(why);
    expect(code).toBe(3);
    expect((await readdir(root)).filter((name) => name !== "tools")).toEqual([]);
  };
  const script = async () => `${await makeSmall("1.0.0")}/edge-agent/install/install.sh`;

  it("another processor than the bundle's, and one that Stethos does not run on", async () => {
    const other = process.arch === "x64" ? "arm64" : "x64";
    const bundle = await makeSmall("1.0.0", other as NodeJS.Architecture);
    await refused(
      `${bundle}/edge-agent/install/install.sh --root ${root}`,
      `this bundle is for ${other}, this machine is ${process.arch}`,
    );
    await mkdir(at("tools"));
    const uname = `#!/bin/sh\ncase $1 in -s) echo Linux ;; *) echo riscv64 ;; esac\n`;
    await writeFile(at("tools/uname"), uname, { mode: 0o755 });
    await refused(`PATH=${root}/tools:$PATH ${await script()} --root ${root}`, "this machine is riscv64");
  });

  it("a user without rights", async () => {
    await refused(
      `chmod 755 ${folder.path}; setpriv --reuid=65534 --clear-groups ${await script()} --root ${root}`,
      "this needs root",
    );
  });

  it("a machine where systemd does not run", async () => {
    await refused(
      `unshare --mount sh -c 'mount -t tmpfs none /run && ${await script()}'`,
      "systemd does not run here",
    );
  });

  it("a disk without room", async () => {
    await refused(
      `unshare --mount sh -c 'mount -t tmpfs -o size=20m none ${root} && ${await script()} --root ${root}'`,
      "has 20 MiB free; 450 MiB are needed",
    );
  });
});
