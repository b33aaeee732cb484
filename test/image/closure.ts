import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./storage.ts";

interface Locked {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A folder below some node_modules; a workspace's leads to the workspace itself. */
export interface Package {
  readonly path: string;
  readonly target?: string;
}

/** What of the lock file a workspace needs to run, and nothing else: outermost folders only, for what stands in a
 *  package's own node_modules comes with it.
 *  @param bare workspaces that are seen without their packages */
export function packagesOf(workspace: string, bare: readonly string[]): readonly Package[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const found = new Map<string, Package>();
  const visit = (from: string): void => {
    if (bare.includes(from)) return;
    const { dependencies, optionalDependencies, peerDependencies } = lock.packages[from] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const path = resolve(lock.packages, from, name);
      // Optional packages of other platforms are in no lock file.
      if (path === undefined || found.has(path)) continue;
      const { link, resolved } = lock.packages[path] ?? {};
      found.set(path, { path, ...(link && resolved !== undefined && { target: resolved }) });
      visit(link && resolved !== undefined ? resolved : path);
    }
  };
  visit(workspace);
  return [...found.values()].filter(({ path }) => path.split("node_modules/").length === 2);
}

/** As Node.js looks for it: in the folder's own node_modules, then in those further out. */
function resolve(packages: Readonly<Record<string, Locked>>, from: string, name: string): string | undefined {
  const path = join(from, "node_modules", name);
  if (path in packages) return path;
  return from === "" || from === "." ? undefined : resolve(packages, outer(from), name);
}

const outer = (folder: string): string => {
  const parent = dirname(folder);
  return parent === "." ? "" : parent;
};
