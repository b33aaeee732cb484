import { open, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { recordPlaces } from "./records.ts";
import { parseSegmentFile, type SegmentName, segmentFile } from "./segment-name.ts";

/** A segment that is no longer written to. */
export interface Segment {
  readonly path: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly layoutHash: number;
  readonly bytes: number;
}

/** All segments of the folder, oldest first. One that a crash left open is cut off behind its last whole record. */
export async function findSegments(folder: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const file of await readdir(folder)) {
    const name = parseSegmentFile(file);
    if (name === undefined) continue;
    const path = join(folder, file);
    const segment =
      name.toMs === undefined
        ? await closeLeftOpen(folder, path, name)
        : { ...name, toMs: name.toMs, path, bytes: (await stat(path)).size };
    if (segment !== undefined) segments.push(segment);
  }
  return segments.sort((a, b) => a.fromMs - b.fromMs);
}

async function closeLeftOpen(folder: string, path: string, name: SegmentName): Promise<Segment | undefined> {
  const { bytes, toMs } = await wholePart(path);
  await truncate(path, bytes);
  return closeSegment(folder, path, { ...name, toMs }, bytes);
}

async function wholePart(path: string): Promise<{ readonly bytes: number; readonly toMs: number }> {
  const handle = await open(path, "r");
  try {
    let bytes = 0;
    let toMs = 0;
    for await (const place of recordPlaces(handle, new AbortController().signal)) {
      bytes = place.at + place.bytes;
      toMs = place.timeMs;
    }
    return { bytes, toMs };
  } finally {
    await handle.close();
  }
}

/** Gives a segment its last name; one without a record is removed. */
export async function closeSegment(
  folder: string,
  path: string,
  name: SegmentName & { readonly toMs: number },
  bytes: number,
): Promise<Segment | undefined> {
  if (bytes === 0) {
    await rm(path, { force: true });
    return undefined;
  }
  const last = join(folder, segmentFile(name));
  await rename(path, last);
  return { ...name, path: last, bytes };
}
