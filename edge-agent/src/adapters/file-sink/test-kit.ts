import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutboundTag, OutboxBatch } from "../../core/outbox/outbound.ts";
import type { Logger } from "../../ports/logger.ts";
import type { FileName } from "./file-name.ts";
import { parseFileName } from "./file-name.ts";
import type { JsonRow } from "./parquet-columns.ts";
import { readRows } from "./read-rows.ts";

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

export function tempFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "stethos-files-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const TAG: OutboundTag = {
  id: "s/a/l/c/m/t",
  unit: "Cel",
  device: "plc",
  protocol: "s7",
  address: "DB1,REAL0",
};
/** 2026-11-23T08:00:00Z */
export const START_US = 1_795_420_800_000_000;

/** A batch of readings of one tag; values and sequences tell batch and row. */
export function numbered(number: number, rows = 20, epoch = "00c0ffee00c0ffee"): OutboxBatch {
  const column = (of: (i: number) => number) => Float64Array.from({ length: rows }, (_, i) => of(i));
  const at = START_US + number * 1_000_000;
  return {
    node: "edge-1",
    epoch,
    number,
    committedUs: at,
    isBacklog: false,
    content: {
      stream: "readings",
      count: rows,
      tags: [TAG],
      tag: new Uint32Array(rows),
      value: column((i) => number + i / 1024),
      status: new Uint32Array(rows),
      sourceTimeUs: column((i) => at + i),
      agentTimeUs: column((i) => at + i + 7),
      sequence: column((i) => number * 1000 + i),
      other: new Map(),
    },
  };
}

/** Finished files of a folder, oldest first. */
export async function finishedFiles(
  folder: string,
): Promise<readonly { readonly path: string; readonly name: FileName }[]> {
  const files = (await readdir(folder)).flatMap((file) => {
    const name = parseFileName(file);
    return name === undefined ? [] : [{ path: join(folder, file), name }];
  });
  return files.sort((a, b) => a.name.first - b.name.first);
}

export async function rowsOfFiles(folder: string): Promise<JsonRow[]> {
  const rows: JsonRow[] = [];
  for (const { path, name } of await finishedFiles(folder))
    for await (const row of readRows(path, name)) rows.push(row);
  return rows;
}
