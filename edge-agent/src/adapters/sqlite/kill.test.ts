import { spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openStore } from "./store.ts";
import { readAll, settingsFor, tempFolder } from "./test-kit.ts";

const writer = fileURLToPath(new URL("./killed-writer.ts", import.meta.url));
const TAGS = 40;

/** Runs a writer until it has told of `rounds` rounds, then kills it where it stands.
 *  @returns the last round that it told to be safe */
async function runAndKill(file: string, first: number, rounds: number): Promise<number> {
  const child = spawn(process.execPath, [writer, file, String(first)], { stdio: ["ignore", "pipe", "pipe"] });
  const complaints = text(child.stderr);
  let told = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    told += chunk;
    if (told.split("\n").length > rounds) child.kill("SIGKILL");
  });
  await once(child, "close");
  const lines = told.split("\n").slice(0, -1);
  if (lines.length < rounds) throw new Error(`the writer ended by itself: ${await complaints}`);
  return Number(lines.at(-1));
}

/** Rounds that are on the disk: all of them whole, once and without a gap. */
function checkFile(file: string): number {
  const found = readAll(file);
  const rounds = found.length / TAGS;
  const seen = new Set<number>();
  for (const { series, sequence, value } of found) {
    const tag = Number(series.slice("tag t".length));
    if (value !== sequence * 1000 + tag)
      throw new Error(`round ${sequence} of ${series} holds ${String(value)}`);
    seen.add(sequence * TAGS + tag);
  }
  expect(seen.size).toBe(found.length);
  expect([...seen].reduce((most, place) => Math.max(most, place), -1)).toBe(found.length - 1);
  using db = new DatabaseSync(file);
  const audit = db.prepare("SELECT count(*) AS n, count(DISTINCT alarm) AS alarms FROM alarm_audit").get();
  expect(audit).toEqual({ n: rounds, alarms: rounds });
  expect(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"]).toBe("ok");
  return rounds;
}

describe("a process that is killed", () => {
  it("loses nothing that was acknowledged and doubles nothing, twelve times in a row", async () => {
    using folder = tempFolder();
    let next = 0;
    for (const rounds of [1, 2, 5, 9, 30, 47, 51, 58, 73, 99, 104, 120]) {
      const safe = await runAndKill(folder.file(), next, rounds);
      const present = checkFile(folder.file());
      expect(safe).toBeGreaterThanOrEqual(next + rounds - 1);
      expect(present).toBeGreaterThan(safe);
      next = present;
    }
    const store = openStore(settingsFor(folder.file()));
    expect(store.isUnclean).toBe(true);
    expect(store.findDamage()).toBeUndefined();
    expect(store.statistics().readings).toBe(next * TAGS);
    store.close(true);
  });
});
