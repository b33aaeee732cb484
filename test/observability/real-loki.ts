import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import { type GoTool, goTool } from "../kube/go-tool.ts";
import { startOwned } from "../kube/owned-process.ts";

/** Grafana Loki from its Go module, built once a machine. */
export const lokiTool = (): Promise<GoTool> =>
  goTool({
    name: "loki",
    folder: join(import.meta.dirname, "tools/loki"),
    main: "github.com/grafana/loki/v3/cmd/loki",
  });

export interface FoundStream {
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of their times; these in nanoseconds. */
  readonly lines: readonly (readonly [timeNs: string, line: string])[];
}

export interface RealLoki extends AsyncDisposable {
  readonly url: string;
  /** What it answers to a query of LogQL over the last hour. */
  find(query: string, tenant: string): Promise<readonly FoundStream[]>;
  /** SIGKILL. */
  cut(): Promise<void>;
  /** On the same port, with what it has on its disk. */
  comeBack(): Promise<void>;
}

const READY_MS = 60_000;
const STEP_MS = 100;
const HOUR_NS = 3_600_000_000_000n;

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly stream: FoundStream["labels"];
      readonly values: FoundStream["lines"];
    }[];
  };
}

/** A Loki of its own on this machine, of many tenants, with its data in a folder that is gone afterwards. */
export async function startLoki(program: string): Promise<RealLoki> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-loki-"));
  const [http, grpc] = [await freePort(), await freePort()];
  const config = join(folder, "loki.json");
  await writeFile(config, JSON.stringify(configOf(folder, http, grpc)));
  const url = `http://127.0.0.1:${http}`;
  const launch = async () => {
    const child = startOwned(program, [`-config.file=${config}`], folder);
    await ready(url, child);
    return child;
  };
  let now = await launch();
  return {
    url,
    async find(query, tenant) {
      const endNs = BigInt(Date.now()) * 1_000_000n;
      const asked = new URLSearchParams({
        query,
        start: `${endNs - HOUR_NS}`,
        end: `${endNs + HOUR_NS}`,
        limit: "5000",
        direction: "forward",
      });
      const response = await fetch(`${url}/loki/api/v1/query_range?${asked}`, {
        headers: { "x-scope-orgid": tenant },
        signal: AbortSignal.timeout(READY_MS),
      });
      const { result } = ((await response.json()) as Answer).data;
      return result.map(({ stream: labels, values: lines }) => ({ labels, lines }));
    },
    cut: () => now.kill(),
    async comeBack() {
      now = await launch();
    },
    async [Symbol.asyncDispose]() {
      await now.kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** One process that keeps all in files, and is ready as soon as it can be. */
const configOf = (folder: string, http: number, grpc: number) => ({
  auth_enabled: true,
  analytics: { reporting_enabled: false },
  server: {
    http_listen_address: "127.0.0.1",
    http_listen_port: http,
    grpc_listen_address: "127.0.0.1",
    grpc_listen_port: grpc,
    log_level: "warn",
  },
  common: {
    path_prefix: folder,
    instance_addr: "127.0.0.1",
    replication_factor: 1,
    ring: { kvstore: { store: "inmemory" } },
    storage: {
      filesystem: { chunks_directory: join(folder, "chunks"), rules_directory: join(folder, "rules") },
    },
  },
  ingester: { lifecycler: { min_ready_duration: "0s", final_sleep: "0s" } },
  schema_config: {
    configs: [
      {
        from: "2024-01-01",
        store: "tsdb",
        object_store: "filesystem",
        schema: "v13",
        index: { prefix: "index_", period: "24h" },
      },
    ],
  },
});

async function ready(url: string, child: ReturnType<typeof startOwned>): Promise<void> {
  const limit = AbortSignal.timeout(READY_MS);
  for (;;) {
    const isReady = await fetch(`${url}/ready`, { signal: limit }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (child.isOver() || limit.aborted) throw new Error(`Loki does not start:\n${child.log()}`);
    await delay(STEP_MS);
  }
}
