import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStateFile } from "./state-file.ts";

const writer = fileURLToPath(new URL("./killed-writer.ts", import.meta.url));
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "state-file-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a state file", () => {
  it("holds nothing at first, then the last text, and makes its folder", async () => {
    const path = join(folder, "a/b/state.json");
    expect(await createStateFile(path).read()).toBeUndefined();
    const file = createStateFile(path);
    await file.write("one");
    await file.write("zwei — 二");
    expect(await createStateFile(path).read()).toBe("zwei — 二");
    expect(await readdir(join(folder, "a/b"))).toEqual(["state.json"]);
  });

  it("writes in the order it was asked to, whoever waits", async () => {
    const path = join(folder, "state.json");
    const file = createStateFile(path);
    await Promise.all(Array.from({ length: 20 }, (_, i) => file.write(String(i))));
    expect(await file.read()).toBe("19");
  });

  it("says what to do where it cannot write, keeps the old text, and writes again later", async () => {
    const path = join(folder, "sub/state.json");
    await mkdir(join(folder, "sub"));
    const file = createStateFile(path);
    await file.write("old");
    // A folder in the way of the new text: refused to root as well.
    await mkdir(`${path}.new/x`, { recursive: true });
    await expect(file.write("new")).rejects.toMatchObject({ code: "DISK_FULL", message: /free disk space/ });
    expect(await file.read()).toBe("old");
    await rm(`${path}.new`, { recursive: true });
    await file.write("new");
    expect(await file.read()).toBe("new");
  });

  it("says that it cannot be read where something else stands in its place", async () => {
    await mkdir(join(folder, "state.json"));
    await expect(createStateFile(join(folder, "state.json")).read()).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: /cannot be read/,
    });
  });

  it("writes over what a killed process left half done", async () => {
    const path = join(folder, "state.json");
    await writeFile(`${path}.new`, "half of a te");
    await chmod(`${path}.new`, 0o600);
    const file = createStateFile(path);
    expect(await file.read()).toBeUndefined();
    await file.write("whole");
    expect(await readFile(path, "utf8")).toBe("whole");
  });

  it("is whole, and not older than was told, whenever its writer is killed", async () => {
    const path = join(folder, "state.json");
    for (const [rounds, length] of [
      [1, 10],
      [3, 300_000],
      [7, 300_000],
      [20, 50_000],
      [40, 100],
      [2, 2_000_000],
    ] as const) {
      await rm(path, { force: true });
      const told = await writeAndKill(path, rounds, length);
      const found = JSON.parse((await createStateFile(path).read()) ?? "null") as {
        i: number;
        filling: string;
      };
      expect(found.i).toBeGreaterThanOrEqual(told);
      expect(found.filling).toBe(String(found.i % 10).repeat(length));
    }
  });
});

/** @returns the last number that the writer told to be on the disk before it was killed */
async function writeAndKill(path: string, rounds: number, length: number): Promise<number> {
  const child = spawn(process.execPath, [writer, path, String(length)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    told += chunk;
    if (told.split("\n").length > rounds) child.kill("SIGKILL");
  });
  await once(child, "close");
  const lines = told.split("\n").slice(0, -1);
  expect(lines.length).toBeGreaterThanOrEqual(rounds);
  return Number(lines.at(-1));
}
