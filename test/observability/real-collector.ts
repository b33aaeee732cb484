import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import { type GoTool, goTool } from "../kube/go-tool.ts";
import { startOwned } from "../kube/owned-process.ts";

/** The OpenTelemetry collector with its own OTLP receiver, built once a machine. */
export const collectorTool = (): Promise<GoTool> =>
  goTool({ name: "otlp", folder: join(import.meta.dirname, "tools/otlp"), main: "." });

export interface RealCollector extends AsyncDisposable {
  /** Where spans are sent to. */
  readonly url: string;
  /** What it printed of what it was given, in full. */
  printed(): string;
}

const READY_MS = 30_000;
const STEP_MS = 50;

export async function startCollector(program: string): Promise<RealCollector> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-otlp-"));
  const endpoint = `127.0.0.1:${await freePort()}`;
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    exporters: { debug: { verbosity: "detailed" } },
    service: {
      pipelines: { traces: { receivers: ["otlp"], exporters: ["debug"] } },
      telemetry: { metrics: { level: "none" } },
    },
  };
  const file = join(folder, "collector.json");
  await writeFile(file, JSON.stringify(config));
  const child = startOwned(program, [`--config=file:${file}`], folder);
  const limit = AbortSignal.timeout(READY_MS);
  while (!child.log().includes("Everything is ready")) {
    if (child.isOver() || limit.aborted) throw new Error(`the collector does not start:\n${child.log()}`);
    await delay(STEP_MS);
  }
  return {
    url: `http://${endpoint}/v1/traces`,
    printed: () => child.log(),
    async [Symbol.asyncDispose]() {
      await child.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
