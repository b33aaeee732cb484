// The first thing that runs: brings the pinned Node.js and the packages, then hands over.
// Plain JavaScript without dependencies, so that any Node.js from 18 on can start it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const cache = join(root, ".cache");

const say = (text) => process.stderr.write(`stethos: ${text}\n`);

/** Node 24 LTS with a node:sqlite whose SQLite is past the WAL-reset fault (3.51.3). */
function isGoodNode(version) {
  const [major, minor, patch] = version.split(".").map(Number);
  return major === 24 && (minor > 18 || (minor === 18 && patch >= 1));
}

function fail(text) {
  say(text);
  process.exit(1);
}

/** npm as a script, so that it can be run by the Node.js we choose. */
function npmCli() {
  const candidates = [
    process.env.npm_execpath,
    join(dirname(process.execPath), "../lib/node_modules/npm/bin/npm-cli.js"),
    join(dirname(process.execPath), "node_modules/npm/bin/npm-cli.js"),
    "/usr/share/nodejs/npm/bin/npm-cli.js",
  ];
  const found = candidates.find((path) => path?.endsWith(".js") && existsSync(path));
  return found ?? fail("npm was not found beside Node.js; install npm 10 or newer and try again");
}

function npm(node, args, cwd, env = {}) {
  const result = spawnSync(node, [npmCli(), ...args, "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` },
  });
  if (result.status !== 0) {
    fail(
      `"npm ${args.join(" ")}" failed in ${cwd}; its own words are above. Check the network and run the command again.`,
    );
  }
}

function digest(...files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

/** True when the work that `stamp` stands for was done for exactly these inputs. */
function isDone(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

function ensureNode() {
  if (isGoodNode(process.versions.node)) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== "linux-x64" && platform !== "linux-arm64") {
    fail(
      `Node.js ${process.versions.node} is too old or too new; install Node.js 24 LTS (24.18.1 or newer) and try again`,
    );
  }
  const home = join(cache, "node");
  const node = join(home, `node_modules/node-${platform}/bin/node`);
  const wanted = digest(join(here, "node/package-lock.json"));
  const stamp = join(home, ".stamp");
  if (!isDone(stamp, wanted) || !existsSync(node)) {
    say(
      `this machine has Node.js ${process.versions.node}; fetching Node.js 24 LTS from the npm registry (about 60 MB, once) ...`,
    );
    mkdirSync(home, { recursive: true });
    for (const file of ["package.json", "package-lock.json"])
      copyFileSync(join(here, "node", file), join(home, file));
    npm(process.execPath, ["ci"], home);
    if (!existsSync(node))
      fail(`Node.js for ${platform} did not arrive in ${home}; remove that folder and try again`);
    writeFileSync(stamp, wanted);
  }
  return node;
}

function ensurePackages(node) {
  const wanted = digest(join(root, "package-lock.json"), join(root, "package.json")) + node;
  const stamp = join(root, "node_modules/.stethos-stamp");
  if (isDone(stamp, wanted)) return;
  // Not "npm ci": it refuses a lock file from which optional packages of other platforms are absent.
  say("installing the npm packages of package-lock.json (once, about a minute) ...");
  npm(node, ["install", "--no-save"], root, {
    // onnxruntime-node would otherwise fetch GPU libraries; the CPU library is in the package.
    npm_config_onnxruntime_node_install: "skip",
    // Native add-ons are compiled against the very Node.js that runs them.
    npm_config_nodedir: dirname(dirname(node)),
  });
  writeFileSync(stamp, wanted);
}

const [task, ...args] = process.argv.slice(2);
const script = join(here, `${task}.ts`);
if (task === undefined || !existsSync(script)) fail(`there is no task "${task ?? ""}" in ${here}`);
const node = ensureNode();
ensurePackages(node);
const done = spawnSync(node, [script, ...args], {
  stdio: "inherit",
  env: {
    ...process.env,
    STETHOS_NPM: npmCli(),
    PATH: `${dirname(node)}${delimiter}${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`,
  },
});
process.exit(done.status ?? 1);
