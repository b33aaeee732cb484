import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { entryOf, isScript, type Layout, layOut } from "./layout.ts";

// Whole processes start here, and the machine may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let layout: Layout;

beforeAll(async () => {
  layout = await layOut("controller", "k8s/controller", ["edge-agent"]);
});
afterAll(() => layout.remove());

describe("the image of the controller", () => {
  it("runs as a user without rights on a read-only root, with none of the agent's packages", async () => {
    const entry = entryOf(layout.dockerfile);
    expect(isScript(join(layout.folder, entry.replace("/app/", "")))).toBe(true);
    const { code, out, err } = await layout.start([process.execPath, entry, "--help"]).ended;
    expect(err).toBe("");
    expect(out).toContain("Usage: stethos-controller");
    expect(code).toBe(0);
  });

  it("asks the controller's own port for its health", () => {
    const [, url = ""] = /STETHOS_HEALTH_URL=(\S+)/.exec(layout.dockerfile.last) ?? [];
    expect(new URL(url).pathname).toBe("/healthz");
    expect(layout.dockerfile.last).toContain(`EXPOSE ${new URL(url).port}\n`);
  });
});
