import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createFakeSources, EVENTS } from "../../edge-agent/src/adapters/metrics/fake-sources.ts";
import { createMetrics, METRICS_TYPE } from "../../edge-agent/src/adapters/metrics/metrics.ts";
import { metricTable, rowsOf } from "../../edge-agent/src/adapters/metrics/table.ts";
import { freePort } from "../free-port.ts";
import { hasPrometheus, prometheusBinary, rulesFile } from "./promtool.ts";
import { silent } from "./silent-logger.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });

/** A real Prometheus that scrapes `target` and evaluates the shipped rules. */
async function startPrometheus(target: number): Promise<(path: string) => Promise<unknown>> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-scrape-"));
  closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: [rulesFile],
    scrape_configs: [{ job_name: "stethos", static_configs: [{ targets: [`127.0.0.1:${target}`] }] }],
  };
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    prometheusBinary,
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  closers.push(() => {
    child.kill("SIGKILL");
    return ended;
  });
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return response.json();
  };
}

/** Asks until the answer is as wanted; vitest's own limit ends what never comes. */
async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined && isWanted(answer)) return answer;
    await delay(100);
  }
}

describe("a real Prometheus", { timeout: 300_000 }, () => {
  if (!hasPrometheus) process.stderr.write("no Prometheus on this machine: it is not scraped by one\n");

  it.runIf(hasPrometheus)("scrapes every metric with its type and help, and raises the alerts", async () => {
    const metrics = createMetrics(createFakeSources(), { logger: silent });
    for (const event of EVENTS) metrics.emit(event);
    const server = createServer(async (_, response) => {
      response.setHeader("content-type", METRICS_TYPE);
      response.end(await metrics.text(new AbortController().signal));
    });
    const port = await listen(server);
    closers.push(() => closed(server));
    const ask = await startPrometheus(port);

    interface Targets {
      readonly data: {
        readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[];
      };
    }
    const targets = await until(
      () => ask("/api/v1/targets") as Promise<Targets>,
      ({ data }) => data.activeTargets.some(({ health }) => health === "up"),
    );
    expect(targets.data.activeTargets[0]?.lastError).toBe("");

    interface Metadata {
      readonly data: Readonly<Record<string, readonly { readonly type: string; readonly help: string }[]>>;
    }
    const { data } = await until(
      () => ask("/api/v1/metadata") as Promise<Metadata>,
      (answer) => Object.keys(answer.data).some((name) => name.startsWith("stethos_")),
    );
    for (const [name, { type, help }] of rowsOf(metricTable))
      expect([name, data[`stethos_${name}`]?.[0]]).toEqual([name, expect.objectContaining({ type, help })]);

    interface Series {
      readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[] };
    }
    const alerts = await until(
      () => ask('/api/v1/query?query=ALERTS{alertname="StethosDeviceDown"}') as Promise<Series>,
      (answer) => answer.data.result.length > 0,
    );
    // What the text escapes comes out as it was.
    expect(alerts.data.result[0]?.metric).toMatchObject({ device: 'press "2"\n', severity: "warning" });
  });
});
