import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FieldFrame } from "../../edge-agent/src/ports/field-store.ts";

const execute = promisify(execFile);
export const models = join(import.meta.dirname, "../../models");
export const shipped = join(models, "artifacts/listener/0.1.0");
const cli = join(models, "src/main.ts");
const WINDOW = 8192;
/** As models/tests/simulated_machines.py renders them. */
const BASELINE_WINDOWS = 10;

/** A window as an agent kept it, and what a person who looked at the machine says. */
export interface SeenWindow {
  readonly frame: FieldFrame;
  readonly isFault: boolean;
}

/** The Python that `head` needs; set up once. */
export async function python(): Promise<string> {
  const interpreter = join(models, ".venv-field/bin/python");
  if (!existsSync(interpreter)) await execute("sh", [join(models, "setup.sh"), "--field"]);
  return interpreter;
}

/** Runs `python -m pipeline`, or a program, in the models folder. */
export async function runPython(args: readonly string[]): Promise<string> {
  const { stdout } = await execute(await python(), [...args], { cwd: models, maxBuffer: 1 << 24 });
  return stdout;
}

/** The command line of ML engineers, in a process of its own. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await execute(process.execPath, [cli, ...args], { env: { ...process.env, ...env } });
  return stdout;
}

/** Simulated machines whose mounting changed after their baselines were learnt: the shipped model calls most of their
 *  healthy windows abnormal. One window of each machine every two hours. */
export async function seenWindows(folder: string, machines: number, windows: number): Promise<SeenWindow[]> {
  await runPython(["tests/simulated_machines.py", shipped, folder, `${machines}`, `${windows}`]);
  const rows: { machine: number; number: number; fault: string; shaftHz: number }[] = JSON.parse(
    await readFile(join(folder, "windows.json"), "utf8"),
  );
  const values = await readFloats(join(folder, "windows.f32"));
  return rows.map((row, i) => ({ frame: frameOf(row, i, values), isFault: row.fault !== "healthy" }));
}

/** What each machine sounded like while its baseline was learnt, after `seenWindows` into the same folder. */
export async function baselineWindows(folder: string): Promise<Float32Array[][]> {
  const values = await readFloats(join(folder, "baselines.f32"));
  const size = BASELINE_WINDOWS * WINDOW;
  return Array.from({ length: values.length / size }, (_, machine) =>
    Array.from({ length: BASELINE_WINDOWS }, (__, i) =>
      values.subarray(machine * size + i * WINDOW, machine * size + (i + 1) * WINDOW),
    ),
  );
}

const readFloats = async (file: string): Promise<Float32Array> =>
  new Float32Array(new Uint8Array(await readFile(file)).buffer);

function frameOf(
  { machine, number, shaftHz }: { machine: number; number: number; shaftHz: number },
  index: number,
  values: Float32Array,
): FieldFrame {
  const timeUs = 1_763_000_000_000_000 + number * 7_200_000_000;
  const at = index * 2 * WINDOW;
  return {
    id: `Hall 7/pump-${machine}/de|${timeUs}|0`,
    kind: "alarm",
    machine: `Hall 7/pump-${machine}`,
    sensor: `Hall 7/pump-${machine}/de`,
    unit: "m/s2",
    timeUs,
    sampleRateHz: 12_000,
    shaftHz,
    model: "listener 0.1.0",
    probability: 0.5,
    samples: values.subarray(at, at + WINDOW),
    healthyFrame: values.subarray(at + WINDOW, at + 2 * WINDOW),
  };
}
