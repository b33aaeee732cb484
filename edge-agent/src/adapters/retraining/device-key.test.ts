import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDeviceKey } from "./device-key.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-key-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("key of the device", () => {
  it("lies beside its public half and nothing else", async () => {
    await openDeviceKey(join(folder, "device.pem"));
    expect((await readdir(folder)).sort()).toEqual(["device.pem", "device.pem.pub"]);
  });

  it("is closed to others again when a backup has opened it", async () => {
    const file = join(folder, "device.pem");
    const { keyId } = await openDeviceKey(file);
    await chmod(file, 0o644);
    expect((await openDeviceKey(file)).keyId).toBe(keyId);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("is never replaced by itself when there is something else", async () => {
    const file = join(folder, "device.pem");
    await writeFile(file, "not a key");
    await expect(openDeviceKey(file)).rejects.toMatchObject({ code: "DATA_INVALID" });
    await mkdir(join(folder, "folder.pem"));
    await expect(openDeviceKey(join(folder, "folder.pem"))).rejects.toMatchObject({ code: "DATA_INVALID" });
  });
});
