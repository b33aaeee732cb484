import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startScript, temporaryFolder } from "../e2e/processes.ts";
import { root } from "./storage.ts";

// Whole processes start here, and the machine may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const inside = join(root, "k8s/images/inside");
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

function write(path: string, content: string | object): void {
  const target = join(folder.path, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, typeof content === "string" ? content : JSON.stringify(content));
}

describe("what an image drops of its packages", () => {
  const library = "node_modules/onnx/bin/napi-v6";
  const paths = {
    foreign: [
      `${library}/darwin/arm64/x.node`,
      `${library}/win32/x64/x.node`,
      `${library}/linux/x64/x.node`,
      "node_modules/@serial/cpp/prebuilds/linux-x64/x.node",
      "node_modules/@serial/cpp/prebuilds/android-arm64/x.node",
    ],
    developers: [
      "node_modules/a/index.d.ts",
      "node_modules/a/index.js.map",
      "k8s/controller/node_modules/b/index.d.mts",
      "edge-agent/node_modules/c/src/index.ts",
    ],
    own: [
      `${library}/linux/arm64/x.node`,
      "node_modules/@serial/cpp/prebuilds/linux-arm64/x.node",
      "node_modules/a/index.js",
      "node_modules/a/LICENSE",
      "k8s/controller/node_modules/b/index.js",
      "edge-agent/src/main.ts",
      "edge-agent/src/prebuilds/other/kept.ts",
    ],
  };

  it("is what other platforms and developers need, and nothing of the product itself", () => {
    for (const path of Object.values(paths).flat()) write(path, "");
    mkdirSync(join(folder.path, "node_modules/@stethos"), { recursive: true });
    symlinkSync("../../edge-agent", join(folder.path, "node_modules/@stethos/edge-agent"));
    execFileSync(process.execPath, [join(inside, "prune.ts")], {
      cwd: folder.path,
      env: { TARGETARCH: "arm64" },
    });
    const left = Object.values(paths)
      .flat()
      .filter((path) => existsSync(join(folder.path, path)));
    expect(left).toEqual(paths.own);
  });

  it("is nothing where nobody says for which platform", () => {
    write("node_modules/a/index.d.ts", "");
    const done = spawnSync(process.execPath, [join(inside, "prune.ts")], { cwd: folder.path, env: {} });
    expect(done.status).not.toBe(0);
    expect(existsSync(join(folder.path, "node_modules/a/index.d.ts"))).toBe(true);
  });
});

describe("an image's bill of materials", () => {
  interface Component {
    readonly "bom-ref": string;
    readonly name: string;
    readonly type: string;
    readonly version: string;
  }
  const STATUS = [
    "Package: tini\nStatus: install ok installed\nArchitecture: arm64\nVersion: 0.19.0-1+b3\nDescription: init\n more\n",
    "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n",
  ].join("\n");

  /** A product of one workspace with one package, laid out as npm does. */
  function makeBill(epoch: string): string {
    write("app/package.json", {
      name: "stethos",
      version: "0.1.0",
      license: "Apache-2.0",
      workspaces: ["edge", "other"],
    });
    write("app/edge/package.json", {
      name: "@stethos/edge",
      version: "0.1.0",
      dependencies: { left: "^1.0.0" },
    });
    write("app/node_modules/left/package.json", { name: "left", version: "1.2.3", license: "MIT" });
    const link = join(folder.path, "app/node_modules/@stethos/edge");
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync("../../edge", link);
    write("app/models/artifacts/listener/0.1.0/manifest.json", {
      licence: "Apache-2.0",
      files: [{ path: "model.onnx", sha256: "00ff" }],
    });
    for (const name of ["sbom.ts", "sbom-debian.ts", "sbom-models.ts"]) {
      write(`inside/${name}`, readFileSync(join(inside, name), "utf8"));
    }
    write("inside/package.json", { type: "module" });
    write("inside/dpkg-status", STATUS);
    execFileSync(process.execPath, [join(folder.path, "inside/sbom.ts"), "agent", "edge"], {
      cwd: join(folder.path, "app"),
      env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
      stdio: ["ignore", "ignore", "pipe"],
    });
    return readFileSync(join(folder.path, "app/sbom.cdx.json"), "utf8");
  }

  it("names npm's packages, Debian's, Node.js and the model with its digests", () => {
    const bill = JSON.parse(makeBill("1700000000")) as {
      bomFormat: string;
      serialNumber: string;
      metadata: { timestamp: string; component: Component };
      components: Component[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    expect(bill.bomFormat).toBe("CycloneDX");
    expect(bill.metadata).toMatchObject({
      timestamp: "2023-11-14T22:13:20.000Z",
      component: { name: "stethos-agent", type: "container" },
    });
    expect(bill.components.map(({ name, version }) => `${name} ${version}`).sort()).toEqual(
      [
        "edge 0.1.0",
        "left 1.2.3",
        "listener 0.1.0",
        `node ${process.versions.node}`,
        "tini 0.19.0-1+b3",
      ].sort(),
    );
    expect(bill.components.find(({ name }) => name === "tini")).toMatchObject({
      purl: "pkg:deb/debian/tini@0.19.0-1%2Bb3?arch=arm64",
    });
    expect(bill.components.find(({ type }) => type === "machine-learning-model")).toMatchObject({
      components: [{ name: "model.onnx", hashes: [{ alg: "SHA-256", content: "00ff" }] }],
    });
    const refs = new Set([bill.metadata.component, ...bill.components].map((one) => one["bom-ref"]));
    expect(refs.size).toBe(bill.components.length + 1);
    for (const { ref, dependsOn } of bill.dependencies) {
      for (const one of [ref, ...dependsOn]) expect(refs, one).toContain(one);
    }
    expect(bill.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it("is the same bytes for the same inputs, and leaves the manifest as it was", () => {
    const first = makeBill("1700000000");
    expect(makeBill("1700000000")).toBe(first);
    expect(makeBill("1700000001")).not.toBe(first);
    const manifest = JSON.parse(readFileSync(join(folder.path, "app/package.json"), "utf8")) as object;
    expect(manifest).toMatchObject({ workspaces: ["edge", "other"] });
  });
});

describe("an image's health check", () => {
  const health = (url: string): Promise<number | string> =>
    startScript("k8s/images/inside/health.ts", [url]).ended();

  it("is well while the server says so, and not when it says otherwise, is gone or is no server", async () => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end("{}")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/readyz`;
    expect(await health(url)).toBe(0);
    status = 503;
    expect(await health(url)).toBe(1);
    server.close();
    await once(server, "close");
    expect(await health(url)).toBe(1);
    expect(await health("nonsense")).toBe(1);
  });
});
