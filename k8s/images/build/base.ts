import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Builder } from "./builder.ts";
import { ask, CommandError, cache, ensureDebian, npm, root, run, say } from "./commands.ts";
import { type Architecture, ensureEmulation, nodeName } from "./platform.ts";

/** An image like the official `node:24-bookworm-slim`, for where no registry of images can be reached: Debian from its
 *  own archive, Node.js and npm from npm's registry. */
export const baseOf = (architecture: Architecture): string =>
  `localhost/stethos-base:bookworm-${architecture}`;
const NPM_VERSION = "11.19.1";
const LEFT_OF_THIS_MACHINE = ["etc/resolv.conf", "etc/hostname", "var/cache/apt/archives"];

export async function ensureBase(builder: Builder, architecture: Architecture): Promise<void> {
  await ensureEmulation(architecture);
  const name = baseOf(architecture);
  if (has(builder, name)) return;
  await ensureDebian(["debootstrap"]);
  say(`making the base for ${architecture}: Debian and Node.js ${pinnedNode()} (once; one to three minutes)`);
  const container = builder.ask("from", "scratch");
  try {
    const folder = builder.ask("mount", container);
    await run("debootstrap", [`--arch=${architecture}`, "--variant=minbase", "bookworm", folder]);
    for (const left of LEFT_OF_THIS_MACHINE) rmSync(join(folder, left), { recursive: true, force: true });
    await addNode(folder, architecture);
    addCertificates(folder);
    const environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
    if (process.env["NODE_EXTRA_CA_CERTS"] !== undefined)
      environment.push(`NODE_EXTRA_CA_CERTS=${CERTIFICATES}`);
    await builder.run(
      "config",
      ...environment.flatMap((one) => ["--env", one]),
      ...["--os", "linux", "--arch", architecture],
      container,
    );
    builder.ask("umount", container);
    await builder.run("commit", "-q", container, name);
  } finally {
    builder.ask("rm", container);
  }
}

function has(builder: Builder, name: string): boolean {
  try {
    return builder.ask("images", "-q", name) !== "";
  } catch (thrown) {
    if (thrown instanceof CommandError) return false;
    throw thrown;
  }
}

/** The same Node.js as everywhere in this repository. */
function pinnedNode(): string {
  const manifest = JSON.parse(readFileSync(join(root, ".workshop/node/package.json"), "utf8")) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  return Object.values(manifest.optionalDependencies)[0] ?? "";
}

async function addNode(folder: string, architecture: Architecture): Promise<void> {
  const platform = nodeName(architecture);
  const home = join(cache, `node-${architecture}`);
  const packageName = `node-linux-${platform}`;
  const binary = join(home, "node_modules", packageName, "bin/node");
  if (!existsSync(binary)) {
    mkdirSync(home, { recursive: true });
    const which = [
      "--force",
      `--cpu=${platform}`,
      "--os=linux",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    await npm(["install", "--prefix", home, ...which, `${packageName}@${pinnedNode()}`], { cwd: home });
  }
  copyFileSync(binary, join(folder, "usr/local/bin/node"));
  await npm(
    [
      "install",
      "--global",
      "--prefix",
      join(folder, "usr/local"),
      "--no-audit",
      "--no-fund",
      `npm@${NPM_VERSION}`,
    ],
    { cwd: home },
  );
}

/** Where the image's build looks for the authorities of this machine, in a folder that the images themselves drop. */
const CERTIFICATES = "/usr/local/share/ca-certificates/machine.pem";

function addCertificates(folder: string): void {
  const own = process.env["NODE_EXTRA_CA_CERTS"];
  if (own === undefined) return;
  const target = join(folder, CERTIFICATES);
  ask("install", ["-D", "-m", "0644", own, target]);
}
