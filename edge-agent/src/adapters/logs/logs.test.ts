import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../node/logger.ts";
import { type FakeLoki, startFakeLoki } from "./fake-loki.ts";
import { createLogSinks } from "./log-sinks.ts";
import type { LokiDeps } from "./loki.ts";
import { createStamp, pushBody } from "./loki-push.ts";
import { logOptions } from "./options.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-logs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function deps(more: Partial<LokiDeps> = {}): LokiDeps & { readonly troubles: string[] } {
  const troubles: string[] = [];
  return {
    clock: createSystemClock(),
    random: () => 0,
    node: "edge-1",
    onTrouble: ({ message }) => void troubles.push(message),
    troubles,
    ...more,
  };
}

const line = (text: string, level = 30): string =>
  `{"level":${level},"time":"2026-11-23T12:00:00.000Z","msg":"${text}"}\n`;

const loki = (url: string, more: object = {}) => logOptions.parse({ loki: { url, batchMs: 10, ...more } });

const messagesOf = ({ streams }: FakeLoki): string[] =>
  streams.flatMap(({ values }) => values.map(([, text]) => (JSON.parse(text) as { msg: string }).msg));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("the log file", () => {
  it("holds every line, across rotations, in order, and no more files than it may", async () => {
    const path = join(folder, "logs/agent.log");
    const sinks = createLogSinks(logOptions.parse({ file: { path, maxBytes: 262_144, files: 3 } }), deps());
    const text = "x".repeat(200);
    for (let i = 0; i < 3000; i += 1) sinks.write(line(`${i} ${text}`));
    await sinks.close();
    const names = (await readdir(join(folder, "logs"))).toSorted();
    expect(names).toEqual(["agent.log", "agent.log.1", "agent.log.2", "agent.log.3"]);
    const found: number[] = [];
    for (const name of names.toReversed())
      for (const one of (await readFile(join(folder, "logs", name), "utf8")).trimEnd().split("\n"))
        found.push(Number.parseInt((JSON.parse(one) as { msg: string }).msg, 10));
    expect(found).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    expect(sinks.figures()).toEqual([{ log: "file", lines: 3000, dropped: 0, failures: 0 }]);
  });

  it("lets the oldest file go", async () => {
    const path = join(folder, "agent.log");
    const sinks = createLogSinks(logOptions.parse({ file: { path, maxBytes: 262_144, files: 1 } }), deps());
    for (let i = 0; i < 4000; i += 1) sinks.write(line(`${i} ${"x".repeat(200)}`));
    await sinks.close();
    expect((await readdir(folder)).toSorted()).toEqual(["agent.log", "agent.log.1"]);
    expect(await readFile(path, "utf8")).toContain('"msg":"3999 ');
  });

  it("goes on in the file of an earlier run, and counts what is there", async () => {
    const path = join(folder, "agent.log");
    await writeFile(path, line("y".repeat(262_000)));
    const sinks = createLogSinks(logOptions.parse({ file: { path, maxBytes: 262_144 } }), deps());
    for (let i = 0; i < 10; i += 1) sinks.write(line(`new ${"x".repeat(100)}`));
    await sinks.close();
    expect(await readFile(`${path}.1`, "utf8")).toContain("yyy");
    expect(await readFile(path, "utf8")).toMatch(/^.*"new /);
  });

  it("waits for a disk that will not, says so once, and loses nothing when it will again", async () => {
    const place = join(folder, "logs");
    await writeFile(place, "a file where the folder should be");
    const clock = createManualClock();
    const given = deps({ clock });
    const sinks = createLogSinks(logOptions.parse({ file: { path: join(place, "agent.log") } }), given);
    sinks.write(line("one"));
    await clock.advance(250);
    await until(() => sinks.figures()[0]?.failures === 1);
    await until(() => clock.waiting === 1);
    await clock.advance(5000);
    await until(() => sinks.figures()[0]?.failures === 2);
    await rm(place);
    await until(() => clock.waiting === 1);
    await clock.advance(5000);
    await sinks.close();
    expect(await readFile(join(place, "agent.log"), "utf8")).toBe(line("one"));
    expect(given.troubles).toEqual([expect.stringContaining("the log file cannot be written")]);
    expect(sinks.figures()).toMatchObject([{ dropped: 0 }]);
  });

  it("takes what the logger writes, while standard error has its own form", async () => {
    const path = join(folder, "agent.log");
    const sinks = createLogSinks(logOptions.parse({ file: { path } }), deps());
    createLogger("info", false, sinks).warn({ device: "plc1", password: "geheim" }, "not connected");
    await sinks.close();
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      level: 40,
      device: "plc1",
      password: "(hidden)",
      msg: "not connected",
    });
  });
});

describe("the log in Loki", () => {
  it("arrives as Loki's push API wants it: labels, nanoseconds, gzip, one stream a level", async () => {
    await using server = await startFakeLoki();
    await writeFile(join(folder, "token"), "geheim\n");
    const settings = loki(server.url, {
      tenant: "plant",
      tokenFile: join(folder, "token"),
      labels: { site: "bremen" },
    });
    const sinks = createLogSinks(settings, deps());
    const logger = pino({ base: {}, timestamp: pino.stdTimeFunctions.isoTime }, sinks);
    logger.info("one");
    logger.info("two");
    logger.error("three");
    await sinks.close();
    expect(server.headers[0]).toMatchObject({
      "content-encoding": "gzip",
      "content-type": "application/json",
      "x-scope-orgid": "plant",
      authorization: "Bearer geheim",
    });
    expect(server.streams.map(({ stream }) => stream)).toEqual([
      { site: "bremen", job: "stethos", node: "edge-1", level: "info" },
      { site: "bremen", job: "stethos", node: "edge-1", level: "error" },
    ]);
    expect(messagesOf(server)).toEqual(["one", "two", "three"]);
    const times = server.streams.flatMap(({ values }) => values.map(([time]) => BigInt(time)));
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
    expect(sinks.figures()).toEqual([{ log: "loki", lines: 3, dropped: 0, failures: 0 }]);
  });

  it.each([429, 500, 503])("is pushed again after %i, once each line", async (status) => {
    await using server = await startFakeLoki();
    server.answers.push({ status }, { status, retryAfter: "0" });
    const given = deps();
    const sinks = createLogSinks(loki(server.url), given);
    sinks.write(line("one"));
    await until(() => server.streams.length > 0);
    sinks.write(line("two"));
    await sinks.close();
    expect(messagesOf(server)).toEqual(["one", "two"]);
    expect(sinks.figures()).toMatchObject([{ dropped: 0, failures: 2 }]);
    // Told once, not at every attempt.
    expect(given.troubles).toEqual([`Loki does not take the log: ${status} no`]);
  });

  it("waits as long as Loki asks", async () => {
    await using server = await startFakeLoki();
    server.answers.push({ status: 429, retryAfter: "7" });
    const clock = createManualClock();
    const sinks = createLogSinks(loki(server.url), deps({ clock }));
    sinks.write(line("one"));
    await clock.advance(10);
    await until(() => server.requests === 1);
    // Its answer is on the way: the wait for it ends, and the wait that it asked for begins.
    await until(() => sinks.figures()[0]?.failures === 1);
    await clock.advance(6990);
    expect(server.requests).toBe(1);
    await clock.advance(20);
    await until(() => server.streams.length === 1);
    await sinks.close();
  });

  it.each([400, 413, 422])(
    "gives up lines that are refused for good with %i, and counts them",
    async (status) => {
      await using server = await startFakeLoki();
      server.answers.push({ status });
      const sinks = createLogSinks(loki(server.url), deps());
      sinks.write(line("bad"));
      await until(() => sinks.figures()[0]?.dropped === 1);
      sinks.write(line("good"));
      await sinks.close();
      expect(messagesOf(server)).toEqual(["good"]);
    },
  );

  it("waits in bounded memory while Loki is away: the oldest go and are counted", async () => {
    await using server = await startFakeLoki();
    for (let i = 0; i < 3; i += 1) server.answers.push({ status: 503 });
    const settings = loki(server.url, { bufferBytes: 65_536, batchLines: 10 });
    const sinks = createLogSinks(settings, deps());
    const text = "x".repeat(900);
    for (let i = 0; i < 500; i += 1) sinks.write(line(`${i} ${text}`));
    await until(() => messagesOf(server).some((one) => one.startsWith("499 ")));
    await sinks.close();
    const arrived = messagesOf(server).map((one) => Number.parseInt(one, 10));
    const dropped = sinks.figures()[0]?.dropped ?? 0;
    expect(dropped).toBeGreaterThan(400);
    expect(arrived.length + dropped).toBe(500);
    expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
  });

  it("keeps lines for an operator while it is denied", async () => {
    await using server = await startFakeLoki();
    server.answers.push({ status: 401 });
    const sinks = createLogSinks(loki(server.url), deps());
    sinks.write(line("one"));
    await until(() => server.streams.length > 0);
    await sinks.close();
    expect(messagesOf(server)).toEqual(["one"]);
  });

  it("ends although nobody listens, and counts what it could not hand over", async () => {
    const server = await startFakeLoki();
    await server[Symbol.asyncDispose]();
    const given = deps();
    const sinks = createLogSinks(loki(server.url), given);
    sinks.write(line("one"));
    await until(() => given.troubles.length > 0);
    sinks.write(line("two"));
    await sinks.close();
    expect(sinks.figures()).toMatchObject([{ lines: 2, dropped: 2 }]);
  });

  it("hands over all that waits at the stop, and no more than one push to a Loki that does not take it", async () => {
    await using server = await startFakeLoki();
    const text = Array.from({ length: 35 }, (_, i) => `${i}`);
    const sinks = createLogSinks(loki(server.url, { batchLines: 10 }), deps());
    for (const one of text) sinks.write(line(one));
    await sinks.close();
    expect(messagesOf(server)).toEqual(text);
    const refused = createLogSinks(loki(server.url, { batchLines: 10, batchMs: 60_000 }), deps());
    server.answers.push({ status: 503 });
    const before = server.requests;
    for (const one of text.slice(0, 9)) refused.write(line(one));
    await refused.close();
    expect(server.requests).toBe(before + 1);
    expect(refused.figures()).toMatchObject([{ dropped: 9 }]);
  });

  it("stamps a line that is none of the logger's with the time of the push", () => {
    expect(JSON.parse(pushBody(["odd\n"], { job: "stethos" }, 1_700_000_000_000.5, createStamp()))).toEqual({
      streams: [{ stream: { job: "stethos", level: "unknown" }, values: [["1700000000000000000", "odd"]] }],
    });
  });

  it("refuses an address with a password, and labels without a bound", () => {
    expect(logOptions.safeParse({ loki: { url: "http://ada:pw@loki:3100" } }).success).toBe(false);
    const labels = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`l${i}`, "x"]));
    expect(logOptions.safeParse({ loki: { url: "http://loki:3100", labels } }).success).toBe(false);
  });
});
