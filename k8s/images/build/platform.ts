import { existsSync, writeFileSync } from "node:fs";
import { ask, ensureDebian, say } from "./commands.ts";

/** As Docker and Debian name them. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

const NODE_NAMES = { amd64: "x64", arm64: "arm64" } as const satisfies Record<Architecture, string>;
/** As Node.js names it. */
export const nodeName = (architecture: Architecture): string => NODE_NAMES[architecture];

export const ownArchitecture: Architecture = process.arch === "arm64" ? "arm64" : "amd64";

const BINFMT = "/proc/sys/fs/binfmt_misc";
/** ELF, 64 bits, little endian, of machine 183 (AArch64), whatever the system's ABI; as qemu's own binfmt files have it.
 *  F keeps the emulator open, so that it is found in every root directory. */
const AARCH64 =
  ":stethos-aarch64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00" +
  ":\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff" +
  ":/usr/bin/qemu-aarch64-static:OCF";

/** Lets this machine's kernel start programs of the other architecture, until it is started again. */
export async function ensureEmulation(architecture: Architecture): Promise<void> {
  if (architecture === ownArchitecture) return;
  if (architecture !== "arm64") throw new RangeError(`${architecture} is emulated on no ARM64 machine here`);
  await ensureDebian(["qemu-user-static"]);
  if (existsSync(`${BINFMT}/qemu-aarch64`) || existsSync(`${BINFMT}/stethos-aarch64`)) return;
  if (!existsSync(`${BINFMT}/register`)) ask("mount", ["-t", "binfmt_misc", "binfmt_misc", BINFMT]);
  if (existsSync(`${BINFMT}/qemu-aarch64`)) return;
  say("programs for ARM64 now run under qemu-aarch64-static");
  writeFileSync(`${BINFMT}/register`, AARCH64);
}
