import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, imageName, mountImage, root } from "../image/storage.ts";

const MIB = 2 ** 20;

interface Built {
  readonly image: string;
  readonly architecture: string;
  /** Digests of the unpacked layers, lowest first. */
  readonly layers: readonly string[];
}

/** Brings images up to date with the sources, as k8s/images/build.ts does for everybody. */
export function build(...args: readonly string[]): readonly Built[] {
  const told = ask(process.execPath, [join(root, "k8s/images/build.ts"), ...args]);
  return told.split("\n").map((line) => JSON.parse(line) as Built);
}

/** What an image takes on a device's disk. */
export function unpackedMib(image: string, architecture: string): number {
  const mounted = mountImage(imageName(image, architecture));
  try {
    const [bytes] = ask("du", ["-s", "-x", "--apparent-size", "--block-size=1", mounted.rootFolder]).split(
      "\t",
    );
    return Number(bytes) / MIB;
  } finally {
    mounted.remove();
  }
}

/** What it takes on the wire: its compressed layers. */
export function packedMib(image: string, architecture: string): number {
  const folder = mkdtempSync(join(tmpdir(), "stethos-image-"));
  try {
    build("--image", image, "--arch", architecture, "--export", folder);
    return statSync(join(folder, `stethos-${image}-${architecture}.tar`)).size / MIB;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
