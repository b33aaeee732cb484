import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { fileSinkOptions } from "./options.ts";
import { checkSum } from "./read-rows.ts";
import { createFileSink } from "./sink.ts";
import { finishedFiles, quiet, rowsOfFiles, tempFolder } from "./test-kit.ts";

const program = fileURLToPath(new URL("./killed-sink.ts", import.meta.url));
const ROWS = 20;

/** Runs a sink until it has told of `most` deliveries, then kills it where it stands.
 *  @returns the last number that it told to be confirmed */
async function runAndKill(folder: string, form: string, first: number, most: number): Promise<number> {
  const child = spawn(process.execPath, [program, folder, form, String(first)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const complaints = text(child.stderr);
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    told += chunk;
    if (told.split("\n").length > most) child.kill("SIGKILL");
  });
  await once(child, "close");
  const lines = told.split("\n").slice(0, -1);
  if (lines.length < most) throw new Error(`the sink ended by itself: ${await complaints}`);
  return Number(lines.at(-1));
}

/** Whoever starts next hands over again what was not confirmed, and then ends in order. */
async function closeOrderly(folder: string, form: string): Promise<void> {
  const options = { folder, format: form === "parquet" ? "parquet" : "ndjson", gzip: form === "gzip" };
  const deps = { name: "files", clock: createSystemClock(), logger: quiet, telemetry: { emit() {} } };
  const sink = createFileSink(fileSinkOptions.parse(options), deps);
  await sink.deliver([], new AbortController().signal);
  await sink.close();
}

describe("a process that is killed", () => {
  it.each(["ndjson", "gzip", "parquet"])(
    "loses nothing that was confirmed, doubles nothing, and leaves no half file (%s)",
    async (form) => {
      using folder = tempFolder();
      let next = 1;
      // About eight batches fill a file: kills fall into appending, finishing and beginning files.
      for (const most of [1, 6, 7, 8, 9, 15, 16]) {
        const safe = await runAndKill(folder.path, form, next, most);
        for (const { path } of await finishedFiles(folder.path)) expect(await checkSum(path)).toBe("good");
        // As the outbox does: again from the one after the last that it knows of.
        next = safe + 1;
      }
      await closeOrderly(folder.path, form);
      const numbers = (await rowsOfFiles(folder.path)).map((row) => Number(row["number"]));
      const last = numbers.at(-1) ?? 0;
      expect(last).toBeGreaterThanOrEqual(next - 1);
      const wanted = Array.from({ length: last }, (_, i) => Array<number>(ROWS).fill(i + 1)).flat();
      expect(numbers).toEqual(wanted);
    },
    120_000,
  );
});
