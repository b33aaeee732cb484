import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../delivery/testing/memory-store.ts";
import { claimKey } from "../registry/layout.ts";
import { signPointer } from "../registry/pointer-file.ts";
import { testKey } from "../testing/packages.ts";
import { findGarbage } from "./garbage.ts";

const never = new AbortController().signal;

describe("pointers of a store without conditions", () => {
  it("go when eight newer ones stand there, of each channel by itself", async () => {
    const store = createMemoryStore();
    const { signer } = testKey();
    for (const channel of ["stable", "candidate"]) {
      for (let sequence = 1; sequence <= (channel === "stable" ? 10 : 3); sequence += 1) {
        const pointer = {
          name: "listener",
          channel,
          version: "1.0.0",
          manifestSha256: "0".repeat(64),
          sequence,
          notBefore: "2026-01-01T00:00:00Z",
          expires: "2026-02-01T00:00:00Z",
          isRollback: false,
        };
        const bytes = await signPointer(pointer, signer);
        await store.put(claimKey("listener", channel, sequence, "0123456789abcdef"), bytes, "none", never);
      }
    }
    const { claims } = await findGarbage(store, { keepNewest: 1, olderThanMs: 0 }, 0, never);
    expect(claims).toEqual(
      [1, 2].map((sequence) => claimKey("listener", "stable", sequence, "0123456789abcdef")),
    );
  });
});
