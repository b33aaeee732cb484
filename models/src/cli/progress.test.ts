import { PassThrough } from "node:stream";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createProgress } from "./progress.ts";

async function shown(isTTY: boolean, env: Record<string, string>): Promise<string> {
  const clock = createManualClock();
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const progress = createProgress({ clock, env, stderr });
  for (let bytes = 1_000_000; bytes <= 10_000_000; bytes += 1_000_000) {
    progress.on({ bytes, total: 10_000_000, what: "head.bin" });
    await clock.advance(1000);
  }
  progress.end();
  stderr.end();
  return stderr.setEncoding("utf8").read() ?? "";
}

describe("progress", () => {
  it("is a line now and then in a log, and none for what is soon over", async () => {
    expect(await shown(false, {})).toBe("3.0 MB of 10.0 MB, head.bin\n8.0 MB of 10.0 MB, head.bin\n");
    expect(await shown(true, { TERM: "dumb" })).toContain("3.0 MB of 10.0 MB, head.bin\n");
  });

  it("is a bar in a terminal", async () => {
    const text = await shown(true, { TERM: "xterm" });
    expect(text).toMatch(/30 % 3\.0 MB of 10\.0 MB/);
    expect(text).not.toContain("1.0 MB of");
  });
});
