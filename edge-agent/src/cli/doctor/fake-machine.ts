import type { Examined } from "./machine.ts";

const FILES: Readonly<Record<string, string>> = {
  "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu sse2 avx2 avx_vnni\n",
};

/** A computer on which all is well; a test makes worse what it looks at. */
export const aMachine = (more: Partial<Examined> = {}): Examined => ({
  nodeVersion: "24.21.0",
  nowUs: () => Date.UTC(2026, 10, 23) * 1000,
  run: async (command) => {
    if (command === "timedatectl") return "NTP=yes\nNTPSynchronized=yes\n";
    throw new Error(`${command} is not here`);
  },
  readText: async (file) =>
    file.endsWith("manifest.json")
      ? '{"name":"listener","version":"1.0.0"}'
      : (FILES[file] ?? "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"),
  readBytes: async () => Buffer.from("no certificate"),
  sizeOf: async () => undefined,
  freeBytes: async () => 50 * 2 ** 30,
  memory: () => ({ freeBytes: 4 * 2 ** 30, totalBytes: 8 * 2 ** 30 }),
  tryWriting: async () => {},
  checkDatabase: () => "ok",
  knock: async () => {},
  tryOpening: async () => {},
  cores: 4,
  arch: "x64",
  onnxRuntime: async () => ({ version: "1.30.0", providers: [{ name: "cpu", isHere: true }] }),
  ...more,
});
