import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogSinks } from "../../edge-agent/src/adapters/logs/log-sinks.ts";
import type { LokiDeps } from "../../edge-agent/src/adapters/logs/loki.ts";
import { logOptions } from "../../edge-agent/src/adapters/logs/options.ts";
import { createLogger } from "../../edge-agent/src/adapters/node/logger.ts";
import { tellMissing } from "../kube/kube-tools.ts";
import { type FoundStream, lokiTool, type RealLoki, startLoki } from "./real-loki.ts";

const settings = (url: string, tenant: string | undefined, more: object = {}) =>
  logOptions.parse({ loki: { url, tenant, batchMs: 10, labels: { site: "bremen" }, ...more } });

function deps(): LokiDeps & { readonly troubles: string[] } {
  const troubles: string[] = [];
  return {
    clock: createSystemClock(),
    random: () => 0,
    node: "edge-1",
    onTrouble: ({ message }) => void troubles.push(message),
    troubles,
  };
}

/** As the agent has it. */
function loggerOf(sinks: ReturnType<typeof createLogSinks>) {
  const logger = createLogger("info", false, sinks);
  return {
    info: (text: string) => logger.info({}, text),
    error: (text: string) => logger.error({}, text),
  };
}

const messagesIn = (streams: readonly FoundStream[], level: string): string[] =>
  streams
    .filter(({ labels }) => labels["level"] === level)
    .flatMap(({ lines }) => lines.map(([, line]) => (JSON.parse(line) as { msg: string }).msg));

const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `line ${from + i}`);

const tool = await lokiTool();
if (tool.kind === "missing") tellMissing("a real Loki", tool);
else
  describe("the log in a real Loki", { timeout: 180_000 }, () => {
    let loki: RealLoki;
    beforeAll(async () => {
      loki = await startLoki(tool.path);
    }, 90_000);
    afterAll(() => loki[Symbol.asyncDispose]());

    it("is found there by site, node and level, every line once and in its order", async () => {
      const sinks = createLogSinks(settings(loki.url, "many", { batchLines: 100 }), deps());
      const logger = loggerOf(sinks);
      // Many within one millisecond.
      for (const text of numbered(1000)) logger.info(text);
      logger.error("the press stands");
      await sinks.close();
      expect(sinks.figures()).toEqual([{ log: "loki", lines: 1001, dropped: 0, failures: 0 }]);
      const found = await loki.find('{job="stethos", node="edge-1", site="bremen"}', "many");
      expect(messagesIn(found, "info")).toEqual(numbered(1000));
      expect(messagesIn(found, "error")).toEqual(["the press stands"]);
      expect(await loki.find('{job="stethos"}', "another")).toEqual([]);
    });

    it("waits while Loki is away, and loses nothing that it took before it was killed", async () => {
      const given = deps();
      const sinks = createLogSinks(settings(loki.url, "away"), given);
      const logger = loggerOf(sinks);
      logger.info("line 0");
      await expect
        .poll(async () => messagesIn(await loki.find('{job="stethos"}', "away"), "info"))
        .toEqual(["line 0"]);
      await loki.cut();
      for (const text of numbered(20, 1)) logger.info(text);
      await expect.poll(() => given.troubles.length).toBe(1);
      await loki.comeBack();
      await expect
        .poll(async () => messagesIn(await loki.find('{job="stethos"}', "away"), "info"), { timeout: 90_000 })
        .toEqual(numbered(21));
      await sinks.close();
      expect(sinks.figures()).toMatchObject([{ lines: 21, dropped: 0 }]);
    });

    it("keeps its lines and says why while its tenant is missing", async () => {
      const given = deps();
      const sinks = createLogSinks(settings(loki.url, undefined), given);
      loggerOf(sinks).info("line 0");
      await expect.poll(() => given.troubles).toEqual(["Loki does not take the log: 401 no org id"]);
      expect(sinks.figures()).toMatchObject([{ dropped: 0 }]);
      await sinks.close();
    });

    it("counts lines that Loki refuses for good, and goes on with the next", async () => {
      const sinks = createLogSinks(settings(loki.url, "old"), deps());
      // A week is as old as it takes them.
      sinks.write('{"level":30,"time":"2020-01-01T00:00:00.000Z","msg":"old"}\n');
      await expect.poll(() => sinks.figures()[0]?.dropped).toBe(1);
      loggerOf(sinks).info("line 0");
      await sinks.close();
      expect(messagesIn(await loki.find('{job="stethos"}', "old"), "info")).toEqual(["line 0"]);
    });
  });
