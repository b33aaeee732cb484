import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFakeSources, EVENTS, FAKE_REPORT } from "./fake-sources.ts";
import { metricsFile, metricsMarkdown } from "./markdown.ts";
import { createMetrics } from "./metrics.ts";
import { createProcessWatch } from "./process-figures.ts";
import type { MetricSources } from "./sources.ts";
import { metricTable, PREFIX, rowsOf } from "./table.ts";

const never = new AbortController().signal;

function setUp(more: Partial<MetricSources> = {}) {
  const warnings: unknown[] = [];
  const nothing = (): void => {};
  const logger = {
    debug: nothing,
    info: nothing,
    warn: (fields: unknown) => void warnings.push(fields),
    error: nothing,
    child: () => logger,
  };
  const sources: MetricSources = { ...createFakeSources(), ...more };
  return { metrics: createMetrics(sources, { logger }), warnings };
}

const linesOf = (text: string, name: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`${PREFIX}_${name}{`) || line.startsWith(`${PREFIX}_${name} `));

describe("the metrics", () => {
  it("are the text that is written down in metrics.golden.txt", async () => {
    const { metrics } = setUp();
    for (const event of EVENTS) metrics.emit(event);
    await expect(await metrics.text(never)).toMatchFileSnapshot(
      join(import.meta.dirname, "metrics.golden.txt"),
    );
  });

  it("are each in the table, with its type, its help and its labels", async () => {
    const { metrics } = setUp();
    for (const event of EVENTS) metrics.emit(event);
    const text = await metrics.text(never);
    const rows = new Map(rowsOf(metricTable));
    for (const [, name = "", type] of text.matchAll(/^# TYPE stethos_(\S+) (\S+)$/gm)) {
      const row = rows.get(name);
      expect([name, row?.type]).toEqual([name, type]);
      expect(text).toContain(`# HELP ${PREFIX}_${name} ${row?.help}\n`);
      for (const line of linesOf(text, name))
        expect([name, [...line.matchAll(/[{,](\w+)="/g)].map(([, label]) => label)]).toEqual([
          name,
          row?.labels,
        ]);
    }
  });

  it("have base units and the endings that Prometheus asks for", () => {
    for (const [name, { type, unit, help }] of rowsOf(metricTable)) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      const ending = name.replace(/_total$/, "");
      for (const one of ["seconds", "bytes", "ratio"] as const)
        expect([name, ending.endsWith(`_${one}`) || (one === "ratio" && unit === one)]).toEqual([
          name,
          unit === one,
        ]);
      expect(help).toMatch(/^[\w0-9]/);
    }
  });

  it("never show a value that is gone: a device that was removed, the model before", async () => {
    const sources = createFakeSources();
    let devices = sources.status().devices;
    let version = "1.0.0";
    const { metrics } = setUp({
      status: () => ({ ...sources.status(), devices }),
      models: () => ({ ...FAKE_REPORT, champion: { ...FAKE_REPORT.champion, version } }),
    });
    expect(linesOf(await metrics.text(never), "device_up")).toHaveLength(2);
    devices = devices.slice(0, 1);
    version = "2.0.0";
    const text = await metrics.text(never);
    expect(linesOf(text, "device_up")).toEqual(['stethos_device_up{device="plc1"} 1']);
    expect(linesOf(text, "model_info").filter((line) => line.includes("champion"))).toEqual([
      'stethos_model_info{role="champion",name="listener",version="2.0.0",digest="11"} 1',
    ]);
  });

  it("leave out a part that fails, say so, and warn once", async () => {
    const { metrics, warnings } = setUp({
      history: async () => {
        throw new Error("the disk is gone");
      },
    });
    const text = await metrics.text(never);
    await metrics.text(never);
    expect(linesOf(text, "scrape_part_up")).toContain('stethos_scrape_part_up{part="history"} 0');
    expect(text).not.toContain("stethos_history_bytes");
    expect(text).toContain("stethos_outbox_bytes");
    expect(warnings).toEqual([{ part: "history", err: "the disk is gone" }]);
  });

  it("warn again of a part that had healed", async () => {
    let isBroken = true;
    const { metrics, warnings } = setUp({
      diskFreeBytes: async () => {
        if (isBroken) throw new Error("no");
        return 1;
      },
    });
    await metrics.text(never);
    isBroken = false;
    await metrics.text(never);
    isBroken = true;
    await metrics.text(never);
    expect(warnings).toHaveLength(2);
  });

  it("begin at 0 for devices and sinks that are known, so that the first step is seen", async () => {
    const { metrics } = setUp();
    const text = await metrics.text(never);
    expect(linesOf(text, "device_disconnects_total")[0]).toBe(
      'stethos_device_disconnects_total{device="plc1"} 0',
    );
    expect(linesOf(text, "sink_failures_total")).toContain(
      'stethos_sink_failures_total{sink="broker",fault="denied"} 0',
    );
    expect(linesOf(text, "outbox_dropped_rows_total")).toContain(
      'stethos_outbox_dropped_rows_total{stream="readings",cause="full-disk"} 0',
    );
  });

  it("serve scrapes that come at once one after the other", async () => {
    const { metrics } = setUp();
    const [first, second] = await Promise.all([metrics.text(never), metrics.text(never)]);
    expect(first).toBe(second);
    await metrics.close();
  });

  it("know what this process uses", async () => {
    let nowMs = 0;
    const watch = createProcessWatch({ monotonicMs: () => nowMs });
    const untilSeen = async () => {
      for (;;) {
        const figures = watch.read();
        if (figures.loopDelay !== undefined) return figures;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const { residentBytes, heapUsedBytes, cpuSeconds, loopDelay } = await untilSeen();
    expect(residentBytes).toBeGreaterThan(heapUsedBytes);
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(loopDelay?.max).toBeGreaterThanOrEqual(loopDelay?.p50 ?? 0);
    // A second one who asks at once gets the same.
    nowMs = 10;
    expect(watch.read().loopDelay).toEqual(loopDelay);
    watch.close();
  });
});

describe("METRICS.md", () => {
  it("is what the code says; run edge-agent/src/adapters/metrics/markdown.ts", () => {
    expect(readFileSync(metricsFile, "utf8")).toBe(metricsMarkdown());
  });
});
