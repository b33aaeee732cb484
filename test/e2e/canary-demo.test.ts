import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Child, startScript, temporaryFolder } from "./processes.ts";

// Blocks come twice as fast as in the demonstration.
const BLOCK_MS = 200;
const STORY_MS = 240_000;

describe("npm run demo:canary", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let demo: Child;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const port = String(20_000 + (process.pid % 20_000));
    demo = startScript("test/demo/main.ts", [folder.path, "--port", port, "--block-ms", String(BLOCK_MS)]);
  });
  afterAll(async () => {
    await demo?.stop();
    await folder?.remove();
  });

  it(
    "promotes the better candidate after drift, and rolls the worse one back, without dropping a frame",
    async () => {
      expect(await demo.ended()).toBe(0);
      const told = demo.output();
      for (const chapter of [
        /warning 1 of 3/,
        /Shadow: listener 0\.1\.1/,
        /Canary: listener 0\.1\.1 acts on 5 % of the frames/,
        /listener 0\.1\.1 is promoted: accuracy rose by/,
        /listener 0\.1\.2 is rolled-back/,
        /frames were scored, 0 dropped/,
      ]) {
        expect(told).toMatch(chapter);
      }
    },
    STORY_MS,
  );
});
