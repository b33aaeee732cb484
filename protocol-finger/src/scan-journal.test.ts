import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScanResult } from "./scan.ts";
import { openScanJournal } from "./scan-journal.ts";
import { s7Fingerprint, unknownFingerprint } from "./testing/fingerprint.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "finger-journal-"));
  file = join(folder, "scan.ndjson");
});
afterEach(() => rm(folder, { recursive: true }));

const results: readonly ScanResult[] = [
  { kind: "found", host: "10.0.0.1", fingerprint: s7Fingerprint("10.0.0.1") },
  { kind: "silent", host: "10.0.0.2", fingerprint: unknownFingerprint("10.0.0.2") },
  { kind: "refused", host: "10.0.0.3" },
  { kind: "failed", host: "10.0.0.4", message: "no such name" },
];

async function keep(kept: readonly ScanResult[]): Promise<void> {
  const journal = await openScanJournal(file);
  await Promise.all(kept.map((result) => journal.append(result)));
  await journal.close();
}

async function known(): Promise<readonly ScanResult[]> {
  const journal = await openScanJournal(file);
  await journal.close();
  return [...journal.known.values()];
}

describe("the journal of a scan", () => {
  it("gives back what was kept, a line a host, in order", async () => {
    await keep(results);
    expect(await known()).toEqual(results);
    expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(4);
  });

  it("goes on behind what earlier runs have kept", async () => {
    await keep(results.slice(0, 2));
    await keep(results.slice(2));
    expect(await known()).toEqual(results);
  });

  it("drops half a line that a power cut has left, and goes on there", async () => {
    await keep(results.slice(0, 1));
    await appendFile(file, '{"kind":"found","host":"10.0.');
    await keep(results.slice(1, 2));
    expect(await known()).toEqual(results.slice(0, 2));
  });

  it.each([
    { name: "a text", text: "dear diary\n", what: /line 1: this is no journal/ },
    {
      name: "other JSON",
      text: '{"kind":"refused","host":"a"}\n{"hello":1}\n',
      what: /line 2: this is no journal/,
    },
  ])("leaves $name as it is", async ({ text, what }) => {
    await writeFile(file, text);
    await expect(openScanJournal(file)).rejects.toThrow(what);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("says so where it cannot be written", async () => {
    await expect(openScanJournal(join(folder, "nowhere/scan.ndjson"))).rejects.toThrow(/choose another file/);
  });

  it("is no device file, and says so before anything is examined", async () => {
    await expect(openScanJournal("/dev/null")).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: "/dev/null cannot be written to; choose another file for --resume",
    });
  });

  it("says what to do when it cannot be written any more", async () => {
    const journal = await openScanJournal(file);
    await journal.close();
    await expect(journal.append({ kind: "refused", host: "10.0.0.3" })).rejects.toMatchObject({
      code: "FILE_UNWRITABLE",
      message: expect.stringContaining("free space and run the same command again"),
    });
  });
});
