import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDownloadMemory } from "./memory.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "memory-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("what must never go back", () => {
  it("only grows, for each channel and model by itself, and over restarts", () => {
    const file = join(folder, "memory.sqlite");
    const memory = createDownloadMemory(file);
    expect(memory.pointerSequence("listener", "stable")).toBe(0);
    memory.sawPointer("listener", "stable", 7);
    memory.sawPointer("listener", "stable", 3);
    memory.sawPointer("listener", "candidate", 2);
    memory.committed("listener", 4);
    memory.committed("listener", 1);
    const later = createDownloadMemory(file);
    expect(later.pointerSequence("listener", "stable")).toBe(7);
    expect(later.pointerSequence("listener", "candidate")).toBe(2);
    expect(later.pointerSequence("other", "stable")).toBe(0);
    expect(later.committedSequence("listener")).toBe(4);
    expect(later.committedSequence("other")).toBe(0);
  });

  it("refuses everything where it cannot be read", async () => {
    const file = join(folder, "memory.sqlite");
    await writeFile(file, "something else altogether, and long enough to be no empty file");
    expect(() => createDownloadMemory(file).pointerSequence("listener", "stable")).toThrow(/then remove it/);
    expect(() => createDownloadMemory(file).committed("listener", 1)).toThrow(
      expect.objectContaining({ code: "MODEL_DOWNGRADED" }),
    );
  });
});
