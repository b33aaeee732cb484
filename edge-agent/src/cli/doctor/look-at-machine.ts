import { describeError } from "../../core/errors.ts";
import { bytesText } from "./figures.ts";
import { type Finding, finding } from "./finding.ts";
import type { Examined } from "./machine.ts";

const NODE_NEEDED = 24;
/** Older than this program: a clock without a battery. */
const LEAST_YEAR = 2026;
const MIB = 2 ** 20;

export function lookAtNode({ nodeVersion }: Pick<Examined, "nodeVersion">): Finding {
  const major = Number(nodeVersion.split(".")[0]);
  return major >= NODE_NEEDED
    ? finding("node", "node-good", { version: nodeVersion })
    : finding("node", "node-old", { version: nodeVersion, needed: NODE_NEEDED });
}

/** Asks systemd, then chrony. */
export async function lookAtClock(
  { nowUs, run, sizeOf }: Pick<Examined, "nowUs" | "run" | "sizeOf">,
  signal: AbortSignal,
): Promise<Finding> {
  const now = new Date(nowUs() / 1000);
  if (now.getUTCFullYear() < LEAST_YEAR) return finding("clock", "clock-wrong", { time: now.toISOString() });
  const told = await outputOf(() => run("timedatectl", ["show"], signal));
  if (told?.includes("NTPSynchronized=yes"))
    return finding("clock", "clock-synchronised", { by: "timedatectl" });
  if ((await sizeOf("/run/systemd/timesync/synchronized")) !== undefined)
    return finding("clock", "clock-synchronised", { by: "systemd-timesyncd" });
  const chrony = await outputOf(() => run("chronyc", ["-n", "tracking"], signal));
  if (chrony !== undefined)
    return /^Leap status\s*:\s*Normal/m.test(chrony)
      ? finding("clock", "clock-synchronised", { by: "chrony" })
      : finding("clock", "clock-adrift");
  if (told === undefined) return finding("clock", "clock-unknown");
  return finding("clock", /^NTP=yes/m.test(told) ? "clock-adrift" : "clock-alone");
}

/** Undefined where the program is missing, or fails: then it knows nothing. */
async function outputOf(run: () => Promise<string>): Promise<string | undefined> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof Error) return undefined;
    throw thrown;
  }
}

export function lookAtMemory({ memory }: Pick<Examined, "memory">): Finding {
  const { freeBytes, totalBytes } = memory();
  const facts = { free: bytesText(freeBytes), total: bytesText(totalBytes) };
  if (freeBytes < 64 * MIB) return finding("memory", "memory-out", facts);
  return finding("memory", freeBytes < 256 * MIB ? "memory-low" : "memory-good", facts);
}

const REMOTE = /^(nfs4?|cifs|smb3?|9p|vboxsf|fuse\..*|ceph|glusterfs)$/;
const VOLATILE = /^(tmpfs|ramfs)$/;
const NO_FLUSH = /^(nobarrier|barrier=0|barrier=none)$/;

/** Free space, and whether what is flushed is there after a power cut, as far as the mount tells. */
export async function lookAtDisk(
  { readText, freeBytes, tryWriting }: Pick<Examined, "freeBytes" | "readText" | "tryWriting">,
  folder: string,
): Promise<readonly Finding[]> {
  try {
    await tryWriting(folder);
  } catch (thrown) {
    return [finding("disk", "disk-unwritable", { folder, why: describeError(thrown) })];
  }
  const { type, options } = mountOf(await readText("/proc/self/mountinfo"), folder);
  const free = await freeBytes(folder);
  const facts = { folder, type, free: bytesText(free) };
  const noFlush = options.find((option) => NO_FLUSH.test(option));
  const faults = [
    ...(VOLATILE.test(type) ? [finding("disk", "disk-volatile", facts)] : []),
    ...(REMOTE.test(type) ? [finding("disk", "disk-remote", facts)] : []),
    ...(noFlush === undefined ? [] : [finding("disk", "disk-no-flush", { ...facts, option: noFlush })]),
    ...(free < 256 * MIB
      ? [finding("disk", "disk-full", facts)]
      : free < 2048 * MIB
        ? [finding("disk", "disk-low", facts)]
        : []),
  ];
  return faults.length > 0 ? faults : [finding("disk", "disk-good", facts)];
}

/** The mount that a folder lies in: the longest mount point above it; of two at one place the later. See proc(5). */
export function mountOf(
  mountinfo: string,
  folder: string,
): { readonly type: string; readonly options: readonly string[] } {
  let best = { point: "", type: "unknown", options: [] as readonly string[] };
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const point = unescaped(left.split(" ")[4] ?? "");
    const isAbove = point === "/" || folder === point || folder.startsWith(`${point}/`);
    if (point === "" || !isAbove || point.length < best.point.length) continue;
    const [type = "unknown", , superOptions = ""] = right.split(" ");
    best = { point, type, options: [...(left.split(" ")[5] ?? "").split(","), ...superOptions.split(",")] };
  }
  return best;
}

/** Blanks in paths are written in octal. */
const unescaped = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
