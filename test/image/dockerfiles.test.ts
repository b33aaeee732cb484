import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { copiedFiles, readDockerfile } from "./dockerfile.ts";
import { root } from "./storage.ts";

const json = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, path), "utf8")) as Record<string, unknown>;
const pinned = json(".workshop/node/package.json")["optionalDependencies"] as Record<string, string>;
const { version, workspaces } = json("package.json") as { version: string; workspaces: string[] };

/** Where an import of the product's own leads to: a path of the checkout. Packages of others are npm's business. */
function ownTarget(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return relative(root, join(root, dirname(file), specifier));
  const door = /^@stethos\/([a-z-]+)(\/.*)?$/.exec(specifier);
  if (door === null) return undefined;
  const folder = door[1] === "controller" ? "k8s/controller" : (door[1] ?? "");
  const doors = json(`${folder}/package.json`)["exports"] as Record<string, string>;
  return join(folder, doors[`.${door[2] ?? ""}`] ?? "no such door");
}

describe.each(["agent", "controller", "protocol-finger"])("the image of %s", (image) => {
  const dockerfile = readDockerfile(image);
  const files = copiedFiles(dockerfile);

  it("runs as a user without rights, under an init that passes signals on", () => {
    expect(dockerfile.last).toMatch(/^USER 10001:10001$/m);
    expect(dockerfile.last).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--", "[a-z-]+"\]$/m);
    expect(dockerfile.last).toMatch(/^HEALTHCHECK /m);
    expect(dockerfile.text).toContain("-perm /6000 -exec chmod a-s");
  });

  it("is put together from what other stages laid out, with nothing that builds", () => {
    expect(dockerfile.last).toMatch(/^\nFROM scratch\n/);
    expect(dockerfile.last).not.toMatch(/^(RUN|ADD)\b/m);
    expect(dockerfile.text).toContain("--omit=dev --ignore-scripts");
    for (const tool of ["lib/node_modules", "bin/npm", "bin/npx", "bin/corepack"]) {
      expect(dockerfile.text).toContain(`/usr/local/${tool}`);
    }
    expect(dockerfile.text).not.toMatch(/\b(gcc|g\+\+|make|python3)\b/);
  });

  it("takes its base as an argument: by default the official image of the pinned Node.js", () => {
    for (const node of Object.values(pinned)) {
      expect(dockerfile.text).toContain(`\nARG BASE=docker.io/library/node:${node}-bookworm-slim\n`);
    }
    expect(dockerfile.text.match(/^FROM .*$/gm)).toEqual([
      `FROM \${BASE} AS system`,
      `FROM --platform=$BUILDPLATFORM \${BUILD_BASE} AS product`,
      "FROM scratch",
    ]);
    expect(dockerfile.text).toContain("--platform linux/amd64,linux/arm64");
  });

  it("says in labels what it is, of which version and under which licence", () => {
    for (const label of ["title", "description", "vendor", "licenses", "version", "revision", "base.name"]) {
      expect(dockerfile.last).toMatch(new RegExp(`org\\.opencontainers\\.image\\.${label}="[^"]+"`));
    }
    expect(dockerfile.last).toContain(`ARG VERSION=${version}\n`);
  });

  it("copies what there is, and shows npm every workspace of the lock file", () => {
    for (const { from } of dockerfile.copied) {
      // The page is there once it was built.
      if (from === "web-twin/dist/app") continue;
      expect(existsSync(join(root, from)), from).toBe(true);
      expect(files, from).toContain(from);
    }
    for (const workspace of workspaces) expect(files).toContain(`${workspace}/package.json`);
    expect(files).toContain(".workshop/DEPENDENCIES.md");
  });

  it("lets no test, no stand-in, no secret and no history into its build", () => {
    for (const path of [
      ".git/config",
      "README.md",
      "node_modules/zod/index.js",
      "release",
      ".cache/node/package.json",
      "test/plant/plant.ts",
      "models/pipeline/train.py",
      "protocol-finger/src/cli.test.ts",
      "k8s/images/build.ts",
    ]) {
      expect(dockerfile.lets(path), path).toBe(false);
    }
    expect(files.filter((path) => /\.test\.ts$|\/testing\/|\/fake-|-kit\.ts$|\.key$/.test(path))).toEqual([]);
  });

  it("lets in whatever its sources import", () => {
    const known = new Set(files);
    const missing = files
      .filter((path) => path.endsWith(".ts") && statSync(join(root, path)).isFile())
      .flatMap((path) =>
        [
          ...readFileSync(join(root, path), "utf8").matchAll(
            /^(?!import type)(?:import|export)\b[^;]*? from "([^"]+)"|^import "([^"]+)"/gm,
          ),
        ]
          .map(([, from, bare]) => ownTarget(path, from ?? bare ?? ""))
          .filter((target) => target !== undefined && !known.has(target))
          .map((target) => `${path} imports ${target}`),
      );
    expect(missing).toEqual([]);
  });
});
