import { type Finding, finding } from "./finding.ts";
import type { Examined } from "./machine.ts";

/** What multiplies and adds four int8 in one instruction, as Linux names it (arch/x86/include/asm/cpufeatures.h;
 *  Documentation/arch/arm64/elf_hwcaps.rst), best first; and how people call it. */
const DOT_PRODUCTS: Readonly<
  Record<string, { readonly wanted: string; readonly names: ReadonlyMap<string, string> }>
> = {
  x64: {
    wanted: "AVX-VNNI or AVX512-VNNI",
    names: new Map([
      ["avx512_vnni", "AVX512-VNNI"],
      ["avx_vnni", "AVX-VNNI"],
    ]),
  },
  arm64: {
    wanted: "dotprod",
    names: new Map([
      ["i8mm", "i8mm"],
      ["asimddp", "dotprod"],
    ]),
  },
};

/** Cores, the model's share of them, and whether they are good at int8.
 *  @param configured threads of one run; the agent's own choice if undefined */
export async function lookAtCpu(
  { cores, arch, readText }: Pick<Examined, "arch" | "cores" | "readText">,
  configured: number | undefined,
): Promise<Finding> {
  // As adapters/onnx/loader.ts chooses: two cores are left to the rest.
  const threads = configured ?? Math.max(1, cores - 2);
  if (threads > cores) return finding("cpu", "cpu-crowded", { cores, threads });
  const features = featuresOf(await textOf(readText, "/proc/cpuinfo"));
  const known = DOT_PRODUCTS[arch];
  if (known === undefined || features.size === 0) return finding("cpu", "cpu-untold", { cores, threads });
  const [, feature] = [...known.names].find(([flag]) => features.has(flag)) ?? [];
  return feature === undefined
    ? finding("cpu", "cpu-no-dot-product", { cores, threads, wanted: known.wanted })
    : finding("cpu", "cpu-good", { cores, threads, feature });
}

/** Of the first core; "flags" on x86, "Features" on ARM. */
const featuresOf = (cpuinfo: string): ReadonlySet<string> =>
  new Set(
    /^(?:flags|Features)\s*:(.*)$/m
      .exec(cpuinfo)?.[1]
      ?.split(" ")
      .filter((flag) => flag !== "") ?? [],
  );

/** Where Linux shows an NVIDIA GPU: the driver's folder of a PC, and the devices of a Jetson (JetPack 5 and 6). */
const GPU_SIGNS = ["/proc/driver/nvidia/version", "/dev/nvhost-gpu", "/dev/nvgpu"];

/** What is particular about a Jetson, and a GPU that nobody uses; nothing on other computers. */
export async function lookAtBoard(
  { readText, run, sizeOf }: Pick<Examined, "readText" | "run" | "sizeOf">,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  // A device tree's texts end with NUL.
  const board = (await textOf(readText, "/proc/device-tree/model")).replaceAll("\0", "").trim();
  const isJetson = /jetson|orin|xavier/i.test(board);
  const gpus = await Promise.all(GPU_SIGNS.map((sign) => sizeOf(sign).catch(() => undefined)));
  return [
    ...(isJetson ? [finding("cpu", "board-jetson", { board, mode: await powerMode(run, signal) })] : []),
    ...(gpus.every((size) => size === undefined)
      ? []
      : [finding("model", "gpu-idle", { gpu: isJetson ? board : "NVIDIA" })]),
  ];
}

/** nvpmodel -q says "NV Power Mode: MAXN", then the mode's number. */
async function powerMode(run: Examined["run"], signal: AbortSignal): Promise<string> {
  const told = await run("nvpmodel", ["-q"], signal).catch(() => "");
  return /NV Power Mode:\s*(\S+)/.exec(told)?.[1] ?? "?";
}

/** Empty where there is no such file. */
const textOf = (readText: Examined["readText"], file: string): Promise<string> =>
  readText(file).catch(() => "");
