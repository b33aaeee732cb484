import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "stethos-run-"));
afterAll(() => rmSync(folder, { recursive: true }));

// Whole processes, on machines that may be busy.
describe("stethos run with an address that is no sink", { timeout: 60_000 }, () => {
  it.each([
    [
      "kafka://broker",
      /^--sink "kafka:\/\/broker": "kafka" is no kind of sink; there are postgres:\/\/.*\n$/,
    ],
    ["postgres://", /^--sink "postgres:\/\/": names no host; expected .*\n$/],
    ["mqtts://broker?username=me&passwordFile=/nowhere/secret", /there is no file \/nowhere\/secret.*\n$/],
  ])("%s ends before anything is read or written, with one line and a code", (address, words) => {
    const args = [main, "run", "-c", join(folder, "agent.yaml"), "--sink", address];
    const done = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    expect(done).toMatchObject({ status: 1, stdout: "" });
    expect(done.stderr).toMatch(words);
    expect(existsSync(join(folder, "data"))).toBe(false);
  });
});
