import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { startHttp } from "../http.ts";
import type { ModelRollout } from "../ports/resources.ts";
import { lookAt } from "./look.ts";
import { createMetrics } from "./metrics.ts";
import { eventTable, PREFIX, rowsOf, stateTable } from "./table.ts";

const sources = {
  version: "1.2.3",
  reporting: () => 7,
  leadership: { isLeader: () => true },
  cluster: {
    isSynced: () => true,
    rollouts: () => [{ status: { phase: "Halted" } } as ModelRollout, {} as ModelRollout],
    devices: () => [],
    figures: () => ({ objects: { EdgeDevice: 3 }, refused: { EdgeDevice: 1 } }),
  },
};

describe("metrics", () => {
  it("are told in Prometheus' text, counters from 0, every state of a set", async () => {
    const metrics = createMetrics(() => lookAt(sources));
    metrics.add("api_requests_total", 1, { method: "GET", code: "200" });
    metrics.add("api_request_seconds", 0.03, { method: "GET" });
    const text = await metrics.text();
    for (const line of [
      'stethos_controller_info{version="1.2.3"} 1',
      "stethos_controller_leader 1",
      'stethos_controller_rollouts{phase="Halted"} 1',
      'stethos_controller_rollouts{phase="Pending"} 1',
      'stethos_controller_rollouts{phase="Completed"} 0',
      'stethos_controller_device_steps{step="Recalled"} 0',
      'stethos_controller_api_requests_total{method="GET",code="200"} 1',
      'stethos_controller_api_request_seconds_bucket{method="GET",le="0.05"} 1',
      "stethos_controller_conflicts_total 0",
    ])
      expect(text).toContain(`${line}\n`);
    await metrics.close();
  });

  it("are all in the README, with their labels", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    for (const [name, { type, labels, help }] of [...rowsOf(eventTable), ...rowsOf(stateTable)])
      expect(readme).toContain(`| \`${PREFIX}_${name}\` | ${type} | ${labels.join(", ") || "–"} | ${help} |`);
  });
});

describe("what the controller serves", () => {
  it("is health, readiness and metrics, and nothing that changes anything", async () => {
    let illness: string | undefined;
    const http = await startHttp(
      { host: "127.0.0.1", port: 0 },
      { metrics: async () => "m 1\n", illness: () => illness, unreadiness: () => "not yet" },
    );
    const get = async (path: string, method = "GET") => {
      const answer = await fetch(`http://127.0.0.1:${http.port}${path}`, { method });
      return [answer.status, await answer.text()];
    };
    expect(await get("/healthz")).toEqual([200, "ok\n"]);
    illness = "stuck";
    expect(await get("/healthz")).toEqual([503, "stuck\n"]);
    expect(await get("/readyz?x")).toEqual([503, "not yet\n"]);
    expect(await get("/metrics")).toEqual([200, "m 1\n"]);
    expect((await get("/"))[0]).toBe(404);
    expect((await get("/healthz", "POST"))[0]).toBe(405);
    await http.close();
  });
});
