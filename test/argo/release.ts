import { execFile } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export const shipped: string = join(root, "models/artifacts/listener/0.1.0");

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `stethos-model ...` as a process of its own, as in a container. */
export const model = (args: readonly string[], cwd: string): Promise<Ran> =>
  ran([join(root, "models/src/main.ts"), ...args], cwd);

/** `npm run iterate -- ...`, which brings Python first. */
export const iterate = (args: readonly string[], cwd: string): Promise<Ran> =>
  ran([join(root, ".workshop/iterate.ts"), ...args], cwd);

function ran(args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd, maxBuffer: 2 ** 26 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

/** @throws with its words where it fails */
export async function done(running: Promise<Ran>): Promise<Ran> {
  const result = await running;
  if (result.code !== 0) throw new Error(`ended with ${result.code}: ${result.err}`);
  return result;
}
