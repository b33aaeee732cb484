import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { tracingOptions } from "../../edge-agent/src/adapters/tracing/options.ts";
import { createTracing } from "../../edge-agent/src/adapters/tracing/tracing.ts";
import { tellMissing } from "../kube/kube-tools.ts";
import { collectorTool, startCollector } from "./real-collector.ts";
import { silent } from "./silent-logger.ts";

const START_US = 1_700_000_000_000_000;
const TAG = "site/pump/temperature";

const oneReading = {
  count: 1,
  tag: Uint32Array.of(0),
  value: Float64Array.of(21.5),
  status: new Uint32Array(1),
  sourceTimeUs: Float64Array.of(START_US - 5000),
  agentTimeUs: START_US,
  sequence: Float64Array.of(1),
  other: new Map(),
};

const tool = await collectorTool();
if (tool.kind === "missing") tellMissing("a real OpenTelemetry collector", tool);
else
  describe("a reading's way in a real OpenTelemetry collector", () => {
    it("is one trace of the node, with the times of each step", async () => {
      await using collector = await startCollector(tool.path);
      const tracing = await createTracing(tracingOptions.parse({ otlp: { url: collector.url } }), {
        clock: createManualClock(START_US),
        logger: silent,
        history: { flush: async () => undefined },
        node: "edge-1",
        version: "0.1.0",
        indexOf: (tag) => (tag === TAG ? 0 : -1),
        sinks: () => [],
      });
      const ending = new AbortController();
      const asked = tracing.traceOne(TAG, ending.signal);
      tracing.onReadings(oneReading);
      ending.abort();
      const trace = await asked;
      await tracing.close();
      await expect.poll(() => spansIn(collector.printed()).length).toBe(4);
      const spans = spansIn(collector.printed());
      expect(spans.map(({ name }) => name).toSorted()).toEqual([
        "acquire",
        "history",
        "normalise",
        "reading",
      ]);
      expect(new Set(spans.map(({ trace: id }) => id))).toEqual(new Set([trace?.traceId]));
      expect(spans.find(({ name }) => name === "acquire")?.start).toBe("2023-11-14 22:13:19.995 +0000 UTC");
      expect(collector.printed()).toContain("service.name: Str(stethos)");
      expect(collector.printed()).toContain("service.instance.id: Str(edge-1)");
    });
  });

interface Printed {
  readonly trace: string | undefined;
  readonly name: string | undefined;
  readonly start: string | undefined;
}

/** What the collector's printing exporter says of each span. */
function spansIn(text: string): readonly Printed[] {
  return text
    .split(/^Span #\d+$/m)
    .slice(1)
    .map((part) => {
      const field = (name: string) => new RegExp(`^\\s+${name}\\s*: (.+)$`, "m").exec(part)?.[1];
      return { trace: field("Trace ID"), name: field("Name"), start: field("Start time") };
    });
}
