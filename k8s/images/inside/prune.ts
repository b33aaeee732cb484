// Run while an image is built, in its folder of the product: removes from node_modules what its platform never opens.
// Licences stay where their packages put them.
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const architecture = process.env["TARGETARCH"] ?? "";
/** As Node.js names what Docker calls so. */
const wanted = { amd64: "x64", arm64: "arm64" }[architecture];
if (wanted === undefined) throw new TypeError(`TARGETARCH is "${architecture}"; it must be amd64 or arm64`);

// Node.js runs no TypeScript below node_modules; types, maps and C++ sources are for developers.
const forDevelopers = /\.(map|[cm]?ts|tsx|tsbuildinfo|cc|cpp|h|hpp|gyp|gypi)$/;

/** Libraries of other platforms: prebuilds/linux-x64, bin/napi-v6/linux/x64. */
function isForeign(path: string): boolean {
  const name = basename(path);
  const folder = basename(dirname(path));
  if (folder === "prebuilds") return name !== `linux-${wanted}`;
  if (/^napi-v\d+$/.test(folder)) return name !== "linux";
  return /\/napi-v\d+\/linux$/.test(dirname(path)) && name !== wanted;
}

function prune(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const entry = lstatSync(path);
    if (entry.isSymbolicLink()) continue;
    if (isForeign(path)) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) prune(path);
    else if (forDevelopers.test(name)) rmSync(path);
  }
}

/** Finds node_modules at any depth: workspaces have some of their own. */
function look(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    if (entry.name === "node_modules") prune(path);
    else look(path);
  }
}

look(".");
