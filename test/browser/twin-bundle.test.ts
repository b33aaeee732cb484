import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltFile, buildTwin, firstBytes, measureTwin } from "../../web-twin/build.ts";

const KB = 1024;

describe("the built page", () => {
  let folder = "";
  let files: readonly BuiltFile[] = [];
  beforeAll(async () => {
    folder = await buildTwin({ outDir: await mkdtemp(join(tmpdir(), "stethos-page-")) });
    files = await measureTwin(folder);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const text = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const scripts = (): readonly BuiltFile[] => files.filter(({ name }) => name.endsWith(".js"));

  it("fetches at most 150 KB of scripts and 8 KB of styles before the first picture, one language among them", () => {
    const first = files.filter(({ isFirst }) => isFirst).map(({ name }) => name.replace(/-[\w-]{8}\./, "."));
    expect(first).toEqual(
      expect.arrayContaining(["assets/en.js", "assets/twin-scene.js", "assets/twin-worker.js"]),
    );
    expect(first).not.toContain("assets/zh-cn.js");
    expect(firstBytes(files, ".js")).toBeLessThanOrEqual(150 * KB);
    expect(firstBytes(files, ".css")).toBeLessThanOrEqual(8 * KB);
  });

  it("carries no second renderer and no decoder that it does not use", async () => {
    for (const { name } of scripts())
      expect(await text(name), name).not.toMatch(/WebGPURenderer|draco|basis_/i);
  });

  it("carries one language in each catalogue", async () => {
    const named = (pattern: RegExp) => scripts().find(({ name }) => pattern.test(name))?.name ?? "";
    expect(await text(named(/\/en-/))).not.toMatch(/\p{Script=Han}/u);
    expect(await text(named(/\/zh-cn-/))).toMatch(/\p{Script=Han}/u);
  });

  it("asks for the layout and the scene while the page's own script still runs", async () => {
    const page = await text("index.html");
    expect(page).toContain('<link rel="preload" href="./v1/layout" as="fetch" crossorigin>');
    expect(page).toMatch(/<link rel="modulepreload" crossorigin href="\.\/assets\/twin-scene-/);
  });

  it("tells its service worker every file that the page consists of", async () => {
    const worker = await text("sw.js");
    for (const { name } of files.filter(({ name: each }) => /^assets\/.*\.(js|css)$/.test(each)))
      expect(worker).toContain(name);
    expect(worker).not.toContain(".js.map");
    expect(worker).not.toContain("STETHOS_SHELL");
  });
});
