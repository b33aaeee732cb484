import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCoreWait } from "./core-wait.ts";

describe("a thread's wait for a core", () => {
  it("is what the kernel counts of it, afresh at each look", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "stethos-wait-")), "schedstat");
    await writeFile(path, "812000000 1500000 42\n");
    const wait = openCoreWait(path);
    expect(wait.readMs()).toBe(1.5);
    await writeFile(path, "900000000 22500000 43\n");
    expect(wait.readMs()).toBe(22.5);
    wait.close();
  });

  it("is nothing where nobody counts it", () => {
    const wait = openCoreWait("/nowhere/schedstat");
    expect(wait.readMs()).toBe(0);
    wait.close();
  });

  it("never goes back", () => {
    const wait = openCoreWait();
    const before = wait.readMs();
    expect(wait.readMs()).toBeGreaterThanOrEqual(before);
    wait.close();
  });
});
