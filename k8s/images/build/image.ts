import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Builder } from "./builder.ts";
import { ask, CommandError, npm, root, say } from "./commands.ts";
import { type Architecture, ownArchitecture } from "./platform.ts";

export const IMAGES = ["agent", "controller", "protocol-finger"] as const;
export type Image = (typeof IMAGES)[number];

/** What came of a build. */
export interface Built {
  readonly image: Image;
  readonly architecture: Architecture;
  readonly name: string;
  /** Of its manifest: the same for the same sources, base and time. */
  readonly digest: string;
  /** Of its layers, unpacked. */
  readonly bytes: number;
  /** Of each layer, oldest first. */
  readonly layers: readonly string[];
}

export const nameOf = (image: Image, architecture: Architecture): string =>
  `localhost/stethos-${image}:${architecture}`;

/** Builds one image from its Dockerfile, just as `docker buildx build` would.
 *  @param options the base images, of the target's architecture and of this machine's; isFresh uses no earlier build
 *  @throws CommandError */
export async function buildImage(
  builder: Builder,
  image: Image,
  architecture: Architecture,
  options: { readonly base: string; readonly buildBase: string; readonly isFresh: boolean },
): Promise<Built> {
  if (image === "agent" && !existsSync(join(root, "web-twin/dist/app/index.html"))) {
    say("building the page");
    await npm(["run", "build"]);
  }
  const dockerfile = `k8s/images/${image}.Dockerfile`;
  const name = nameOf(image, architecture);
  const { time, revision } = source();
  await builder.run(
    "bud",
    ...["--layers", ...(options.isFresh ? ["--no-cache"] : []), "--timestamp", time],
    // OCI's own form has no place for HEALTHCHECK; Docker's has, and every runtime reads it.
    ...["--format", "docker", "--platform", `linux/${architecture}`, "--pull-never"],
    ...["--file", dockerfile, "--ignorefile", `${dockerfile}.dockerignore`],
    ...["--build-arg", `BASE=${options.base}`, "--build-arg", `BUILD_BASE=${options.buildBase}`],
    // Docker knows where it builds by itself; Debian's buildah leaves the word empty in FROM.
    ...["--build-arg", `BUILDPLATFORM=linux/${ownArchitecture}`],
    ...["--build-arg", `SOURCE_DATE_EPOCH=${time}`],
    ...["--build-arg", `VERSION=${version()}`, "--build-arg", `REVISION=${revision}`],
    ...["--tag", name, "."],
  );
  return { image, architecture, name, ...look(builder, name) };
}

function look(builder: Builder, name: string): Pick<Built, "digest" | "bytes" | "layers"> {
  const about = JSON.parse(builder.ask("inspect", "--type", "image", name)) as {
    readonly FromImageDigest: string;
    readonly Docker: { readonly rootfs: { readonly diff_ids: readonly string[] } };
  };
  const [listed] = JSON.parse(builder.ask("images", "--json", name)) as readonly { readonly size: string }[];
  return {
    digest: about.FromImageDigest,
    bytes: bytesOf(listed?.size ?? ""),
    layers: about.Docker.rootfs.diff_ids,
  };
}

/** "245 MB" as buildah writes it. */
function bytesOf(text: string): number {
  const [amount = "", unit = ""] = text.split(" ");
  const factor = { B: 1, KB: 1e3, kB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  return factor === undefined ? Number.NaN : Number(amount) * factor;
}

const version = (): string =>
  (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string }).version;

/** The last commit's; outside of git nothing is known, and the images say so. */
function source(): { readonly time: string; readonly revision: string } {
  try {
    const [time = "0", revision = "unknown"] = ask("git", ["log", "-1", "--format=%ct %H"]).split(" ");
    return { time, revision };
  } catch (thrown) {
    if (thrown instanceof CommandError)
      return { time: process.env["SOURCE_DATE_EPOCH"] ?? "0", revision: "unknown" };
    throw thrown;
  }
}
