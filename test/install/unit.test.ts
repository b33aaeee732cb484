import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/processes.ts";
import { installFolder } from "./releases.ts";

const run = promisify(execFile);
const unit = join(installFolder, "stethos.service");

/** What systemd's own rating may be: 0 is locked up, 10 wide open. */
const MOST_EXPOSURE = 1.6;
/** What stays open, and why. */
const OPEN = new Map([
  ["PrivateNetwork", "it talks to devices and sinks"],
  ["RestrictAddressFamilies_AF_INET_INET6", "over IP"],
  ["RestrictAddressFamilies_AF_NETLINK", "it reads the machine's own addresses"],
  ["RestrictAddressFamilies_AF_UNIX", "a database may be on this machine"],
  ["IPAddressDeny", "whose devices they are is the operator's to say"],
  ["MemoryDenyWriteExecute", "V8 compiles while it runs"],
  ["ProcSubset", "memory and CPU features are read there"],
  ["PrivateUsers", "kernels of board makers may have no user namespaces"],
  ["RootDirectoryOrRootImage", "it is no image"],
  ["DeviceAllow", "ProtectClock lets the clock be read"],
  ["UMask", "the group may read what it is given"],
]);

interface Rating {
  readonly json_field: string;
  readonly set: boolean;
  readonly exposure: string | null;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe("the unit of the service", () => {
  it("is understood by systemd, word for word", async () => {
    const root = folder.path;
    for (const path of ["opt/stethos/current/bin", "etc/systemd/system", "bin"])
      await mkdir(join(root, path), { recursive: true });
    await copyFile(unit, join(root, "etc/systemd/system/stethos.service"));
    await copyFile(join(installFolder, "stethos"), join(root, "opt/stethos/current/bin/stethos"));
    await copyFile("/bin/kill", join(root, "bin/kill"));
    const { stdout, stderr } = await run("systemd-analyze", [
      "verify",
      `--root=${root}`,
      "--man=no",
      "--recursive-errors=no",
      "stethos.service",
    ]);
    expect(`${stdout}${stderr}`).toBe("");
  });

  it("is rated as well as such a service can be", async () => {
    const rate = (...args: readonly string[]) =>
      run("systemd-analyze", ["security", "--offline=true", ...args, unit]);
    const { stdout } = await rate();
    const score = Number(/Overall exposure level for stethos\.service: ([\d.]+)/.exec(stdout)?.[1]);
    expect(score).toBeLessThanOrEqual(MOST_EXPOSURE);
    const { stdout: json } = await rate("--json=short");
    const open = (JSON.parse(json) as readonly Rating[])
      .filter(({ exposure }) => exposure !== null && Number(exposure) > 0)
      .map(({ json_field }) => json_field);
    expect(open.filter((field) => !OPEN.has(field))).toEqual([]);
  });

  it("names the places that the installer fills", async () => {
    const [text, common] = await Promise.all(
      [unit, join(installFolder, "common.sh")].map((file) => readFile(file, "utf8")),
    );
    for (const path of ["/opt/stethos", "/etc/stethos", "/var/lib/stethos"]) {
      expect(text).toContain(path);
      expect(common).toContain(`=${path}\n`);
    }
  });
});

describe("the scripts", () => {
  it("are POSIX sh, and each of them has a help", async () => {
    for (const script of ["install.sh", "bundle.sh", "uninstall.sh"]) {
      await run("dash", ["-n", join(installFolder, script)]);
      const { stdout } = await run("dash", [join(installFolder, script), "--help"]);
      expect(stdout).toMatch(new RegExp(`^Usage: ${script}`));
    }
  });

  it("say what is wrong with their words", async () => {
    const ended = (script: string, ...args: readonly string[]) =>
      run("dash", [join(installFolder, script), ...args]).then(
        () => 0,
        (thrown: { code: number }) => thrown.code,
      );
    expect(await ended("install.sh", "--what")).toBe(2);
    expect(await ended("install.sh", "--root")).toBe(2);
    expect(await ended("install.sh", "--soak", "long")).toBe(2);
    expect(await ended("install.sh", "--config", "/nowhere/agent.yaml")).toBe(3);
    expect(await ended("uninstall.sh", "--what")).toBe(2);
    expect(await ended("bundle.sh")).toBe(2);
    expect(await ended("bundle.sh", "--arch", "riscv64", join(folder.path, "out"))).toBe(2);
  });
});
