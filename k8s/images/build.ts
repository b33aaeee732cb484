// Builds the images without a Docker engine: node k8s/images/build.ts --help
import { parseArgs } from "node:util";
import { baseOf, ensureBase } from "./build/base.ts";
import { createBuilder } from "./build/builder.ts";
import { CommandError, ensureDebian, say } from "./build/commands.ts";
import { buildImage, IMAGES } from "./build/image.ts";
import { ARCHITECTURES, ensureEmulation, ownArchitecture } from "./build/platform.ts";

const HELP = `Builds the images of Stethos from their Dockerfiles, without a Docker engine and without a registry of images.

  node k8s/images/build.ts [--image NAME]... [--arch NAME]... [options]

  --image NAME    ${IMAGES.join(", ")}; all of them if absent
  --arch NAME     ${ARCHITECTURES.join(", ")}; this machine's if absent
  --base NAME     base image that the builder's storage holds; if absent Debian and Node.js are put together here
  --fresh         uses nothing of earlier builds
  --export DIR    puts each image there as an OCI archive too, for docker load, k3s ctr images import, skopeo

Needs root and Debian's buildah, debootstrap and, for the other architecture, qemu-user-static; it installs what is
missing. Each image ends as one JSON line on standard output: name, digest, bytes, layers, rootfs.
`;

const { values } = parseArgs({
  options: {
    image: { type: "string", multiple: true },
    arch: { type: "string", multiple: true },
    base: { type: "string" },
    fresh: { type: "boolean", default: false },
    export: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

/** @returns those of `known` that were asked for */
function chosen<T extends string>(
  what: string,
  known: readonly T[],
  asked: readonly string[] | undefined,
): readonly T[] {
  const stranger = asked?.find((one) => !known.some((name) => name === one));
  if (stranger !== undefined) {
    say(`there is no ${what} "${stranger}"; there are ${known.join(", ")}`);
    process.exit(2);
  }
  return known.filter((name) => asked?.includes(name) ?? true);
}

if (values.help === true) {
  process.stdout.write(HELP);
  process.exit(0);
}
const images = chosen("image", IMAGES, values.image);
const architectures = chosen("architecture", ARCHITECTURES, values.arch ?? [ownArchitecture]);
try {
  await ensureDebian(["buildah"]);
  const builder = createBuilder();
  for (const architecture of architectures) {
    await ensureEmulation(architecture);
    if (values.base === undefined) {
      for (const one of new Set([ownArchitecture, architecture])) await ensureBase(builder, one);
    }
    for (const image of images) {
      const options = {
        base: values.base ?? baseOf(architecture),
        buildBase: values.base ?? baseOf(ownArchitecture),
        isFresh: values.fresh,
      };
      const built = await buildImage(builder, image, architecture, options);
      if (values.export !== undefined) {
        const file = `${values.export}/stethos-${image}-${architecture}.tar`;
        await builder.run("push", "-q", built.name, `oci-archive:${file}:${built.name}`);
      }
      process.stdout.write(`${JSON.stringify(built)}\n`);
    }
  }
} catch (thrown) {
  if (!(thrown instanceof CommandError)) throw thrown;
  say(thrown.message);
  process.exitCode = 1;
}
