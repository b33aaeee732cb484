import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, cp, mkdir, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, matchesGlob } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/processes.ts";
import { type ModbusServer, startModbusServer } from "../plant/modbus-server.ts";

// No image can be built where there is no Docker: the files that the Dockerfile names are laid out as it says, with the
// packages that it would install, and run as it says.
const root = join(import.meta.dirname, "../..");
const dockerfile = readFileSync(join(root, "k8s/images/protocol-finger.Dockerfile"), "utf8");
const ignored = readFileSync(join(root, "k8s/images/protocol-finger.Dockerfile.dockerignore"), "utf8")
  .split("\n")
  .filter((line) => line !== "");
const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));

/** What the last stage copies from the repository, and where to. */
const copied = [...last.matchAll(/^COPY (?!--from)(\S+) (\S+)$/gm)].map(([, from = "", to = ""]) => ({
  from,
  to,
}));
const entryPoint = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(last)?.[1] ?? "[]") as string[];

/** As Docker reads it: the last line that matches decides. */
function isLetIn(path: string): boolean {
  const rule = ignored.findLast((line) => {
    const pattern = line.replace(/^!/, "");
    // Docker's "*" means names that begin with a dot too.
    return pattern === "*" || matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`);
  });
  return rule === undefined || rule.startsWith("!");
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let plc: ModbusServer;

beforeAll(async () => {
  folder = await temporaryFolder();
  plc = await startModbusServer();
  for (const { from, to } of copied) {
    const target = join(folder.path, to.endsWith("/") ? join(to, from.slice(from.lastIndexOf("/") + 1)) : to);
    await cp(join(root, from), target, {
      recursive: true,
      filter: (source) => isLetIn(source.slice(root.length + 1)) || source.slice(root.length + 1) === from,
    });
  }
  await installPackages();
  await chmod(folder.path, 0o755);
  for (const path of await readdir(folder.path, { recursive: true }))
    await chmod(join(folder.path, path), 0o555);
});

afterAll(async () => {
  await plc.close();
  await folder.remove();
});

/** Those that protocol-finger depends on, and nothing of what it is developed with. */
async function installPackages(): Promise<void> {
  const manifest = join(root, "protocol-finger/package.json");
  const { dependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const found =
      createRequire(manifest)
        .resolve.paths(name)
        ?.map((path) => join(path, name)) ?? [];
    const source = found.find((path) => existsSync(join(path, "package.json")));
    if (source === undefined) throw new Error(`${name} is not installed`);
    const target = join(folder.path, "node_modules", name);
    await mkdir(dirname(target), { recursive: true });
    await cp(source, target, { recursive: true });
  }
}

/** As the image's user, without rights and without a home. */
async function runImage(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [program = "", ...rest] = entryPoint;
  expect(program).toBe("node");
  const inPlace = rest.map((part) => part.replace(/^\/app\//, `${folder.path}/`));
  const isRoot = process.getuid?.() === 0;
  const child = spawn(process.execPath, [...inPlace, ...args], {
    cwd: folder.path,
    env: { NODE_ENV: "production", HOME: "/nonexistent" },
    ...(isRoot && { uid: 1000, gid: 1000 }),
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

describe("the image of protocol-finger", () => {
  it("holds the sources and their signatures, and no tests", async () => {
    const files = await readdir(join(folder.path, "protocol-finger"), { recursive: true });
    expect(files).toContain("src/main.ts");
    expect(files).toContain("src/signatures/tcp.yaml");
    expect(files.filter((file) => /\.test\.ts$|\/testing(\/|$)/.test(file))).toEqual([]);
  });

  it("lets nothing else into its build", () => {
    expect(isLetIn("protocol-finger/src/cli.ts")).toBe(true);
    expect(isLetIn("package-lock.json")).toBe(true);
    for (const path of [
      "edge-agent/src/main.ts",
      ".git/config",
      "models/artifacts/x",
      "protocol-finger/src/cli.test.ts",
    ]) {
      expect(isLetIn(path), path).toBe(false);
    }
  });

  it("runs as a user without rights, on no other package than its own", async () => {
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).not.toMatch(/\b(gcc|g\+\+|make|python3|npm install|npm ci)\b/);
    const help = await runImage("--help");
    expect(help.err).toBe("");
    expect(help.out).toContain("Usage: protocol-finger");
    expect(help.code).toBe(0);
  });

  it("probes and reads a device, with nothing to write to", async () => {
    plc.holding[0] = 4711;
    const at = ["--port", `modbus=${plc.port}`, "--protocols", "modbus", "--spacing", "0"];
    const probe = await runImage("probe", "127.0.0.1", "--json", ...at);
    expect(probe.err).toContain("verdicts are not remembered");
    expect(JSON.parse(probe.out)).toMatchObject({
      host: "127.0.0.1",
      protocols: [{ id: "modbus", state: "speaks" }],
    });
    const read = await runImage("read", "127.0.0.1", "hr:0", ...at);
    expect(JSON.parse(read.out)).toMatchObject({ value: 4711, quality: "good" });
    expect(read.code).toBe(0);
  });

  it("is built for both platforms from one base of the pinned Node.js", () => {
    const pinned = JSON.parse(readFileSync(join(root, ".workshop/node/package.json"), "utf8")) as {
      optionalDependencies: Record<string, string>;
    };
    const [version] = Object.values(pinned.optionalDependencies);
    expect(dockerfile).toContain(`ARG NODE_VERSION=${version}\n`);
    expect(dockerfile).toContain("--platform linux/amd64,linux/arm64");
    expect(dockerfile.match(/^FROM .*node:\$\{NODE_VERSION\}-bookworm-slim/gm)).toHaveLength(2);
  });
});
