import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ModelError } from "../errors.ts";

const models = fileURLToPath(new URL("../../", import.meta.url));

/** Commands of the pipeline that need no torch, so that the small set of packages is enough. */
const WITHOUT_TORCH = ["head", "judge"];

/** Where Python and its packages are: as said, or as models/setup.sh lays them out. */
function pythonFor(command: string, env: Surroundings["env"]): string {
  const said = env["STETHOS_PYTHON"];
  if (said !== undefined && said !== "") return said;
  const places = WITHOUT_TORCH.includes(command) ? [".venv-field", ".venv"] : [".venv"];
  return places.map((place) => `${models}${place}/bin/python`).find(existsSync) ?? "python3";
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: NodeJS.WritableStream;
}

/** @returns the exit code; whatever it says goes to the messages */
export const runPipeline =
  (around: Surroundings) =>
  (args: readonly string[], signal: AbortSignal): Promise<number> => {
    // Secrets of a release are none of the pipeline's business.
    const { STETHOS_KEY_PASSPHRASE: _, ...env } = around.env;
    const surroundings = {
      stderr: around.stderr,
      env: { ...env, PYTHONPATH: models, PYTHONUNBUFFERED: "1" },
    };
    return runProgram(pythonFor(args[0] ?? "", env), ["-m", "pipeline", ...args], surroundings, signal);
  };

export const runKubectl =
  (around: Surroundings) =>
  (args: readonly string[], signal: AbortSignal): Promise<number> =>
    runProgram("kubectl", args, around, signal);

/** @throws ModelError USAGE where it is not there */
function runProgram(
  program: string,
  args: readonly string[],
  { env, stderr }: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const stop = () => void child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => void stderr.write(chunk));
    }
    child.once("error", (cause) => {
      signal.removeEventListener("abort", stop);
      reject(new ModelError("USAGE", `${program} cannot be run; install it, or say where it is`, { cause }));
    });
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      resolve(code ?? 1);
    });
    if (signal.aborted) stop();
  });
}
