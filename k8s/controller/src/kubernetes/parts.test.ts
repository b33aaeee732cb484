import { createManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClusterError } from "../ports/cluster.ts";
import { createApi } from "./api.ts";
import { isExpired, refusal, statusOf } from "./api-status.ts";
import { backOffMs } from "./back-off.ts";
import type { Connection, HttpAnswer, HttpRequest } from "./connection.ts";
import { createSeriesBook, SERIES_MS } from "./event-series.ts";
import { microTime } from "./micro-time.ts";
import { createTokenBucket } from "./token-bucket.ts";

const never = new AbortController().signal;

describe("a token bucket", () => {
  it("lets a burst through at once, then so many a second, first come, first served", async () => {
    const clock = createManualClock();
    const bucket = createTokenBucket({ perSecond: 10, burst: 3 }, clock);
    const order: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"])
      void bucket.take(never).then(() => order.push(`${name} ${clock.monotonicMs()}`));
    await clock.advance(1000);
    expect(order).toEqual(["a 0", "b 0", "c 0", "d 100", "e 200"]);
  });

  it("gives a turn back that nobody waits for any more", async () => {
    const clock = createManualClock();
    const bucket = createTokenBucket({ perSecond: 1, burst: 1 }, clock);
    await bucket.take(never);
    const stop = new AbortController();
    const given = bucket.take(stop.signal).catch(() => "given up");
    stop.abort();
    expect(await given).toBe("given up");
    await clock.advance(1000);
    expect(bucket.tryTake()).toBe(true);
  });

  it("holds everybody while the server asked for a pause", async () => {
    const clock = createManualClock();
    const bucket = createTokenBucket({ perSecond: 100, burst: 100 }, clock);
    bucket.pause(5000);
    expect(bucket.tryTake()).toBe(false);
    let doneMs: number | undefined;
    void bucket.take(never).then(() => {
      doneMs = clock.monotonicMs();
    });
    await clock.advance(10_000);
    expect(doneMs).toBe(5000);
  });

  it("never lets more through than its rate allows", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
        async (perSecond, burst, gaps) => {
          const clock = createManualClock();
          const bucket = createTokenBucket({ perSecond, burst }, clock);
          const times: number[] = [];
          for (const gap of gaps) {
            await clock.advance(gap);
            void bucket.take(never).then(() => times.push(clock.monotonicMs()));
          }
          await clock.advance(100_000);
          expect(times.length).toBe(gaps.length);
          for (const [i, from] of times.entries()) {
            const inSecond = times.slice(i).filter((at) => at < from + 1000).length;
            expect(inSecond).toBeLessThanOrEqual(burst + perSecond + 1);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("back-off", () => {
  it("doubles up to a limit, with jitter in its upper half", () => {
    const waits = [0, 1, 2, 9].map((attempt) => backOffMs(attempt, { firstMs: 100, mostMs: 1000 }, () => 1));
    expect(waits).toEqual([100, 200, 400, 1000]);
    expect(backOffMs(0, { firstMs: 100, mostMs: 1000 }, () => 0)).toBe(50);
  });
});

describe("answers of the API server", () => {
  it.each([
    [409, "conflict"],
    [404, "gone"],
    [403, "refused"],
    [422, "refused"],
    [429, "unreachable"],
    [503, "unreachable"],
  ])("reads %i as %s", (code, meaning) => {
    const body = { kind: "Status", code, reason: "Some", message: "why" };
    const error = refusal(statusOf(code, body), "thing");
    expect(error.code).toBe(meaning);
    expect(error.message).toBe(`thing: the API server answered ${code} Some why`);
  });

  it("knows a version that is too old by code or reason, and a proxy's page by its status", () => {
    expect(isExpired(statusOf(200, { kind: "Status", code: 410, reason: "Expired" }))).toBe(true);
    expect(isExpired(statusOf(500, { kind: "Status", reason: "Gone" }))).toBe(true);
    expect(statusOf(502, "<html>bad gateway</html>")).toMatchObject({ code: 502, reason: "" });
  });
});

describe("series of events", () => {
  it("counts what repeats in one series, until it was quiet for six minutes", () => {
    const book = createSeriesBook(2);
    const event = { type: "Warning", reason: "WaveFailed", message: "x" } as const;
    const first = book.note("uid", event, 1, 0);
    expect(book.note("uid", event, 2, 1)).toBe(first);
    expect(first?.count).toBe(2);
    expect(book.note("other", event, 2, 1)).not.toBe(first);
    expect(book.note("third", event, 2, 1)).toBeUndefined();
    book.forget(1 + SERIES_MS);
    expect(book.note("third", event, 2, 1)?.count).toBe(1);
  });

  it("writes times as MicroTime does", () => {
    expect(microTime(1_700_000_000_123_456)).toBe("2023-11-14T22:13:20.123456Z");
    expect(microTime(1_700_000_000_000_007)).toBe("2023-11-14T22:13:20.000007Z");
  });
});

describe("requests", () => {
  function api(answers: readonly (HttpAnswer | "never")[]) {
    const clock = createManualClock();
    const sent: HttpRequest[] = [];
    let generation = 0;
    const connection: Connection = {
      server: "https://api.example",
      get generation() {
        return generation;
      },
      giveUp() {
        generation += 1;
      },
      close: () => undefined,
      send(request, signal) {
        sent.push(request);
        const answer = answers[sent.length - 1] ?? "never";
        if (answer !== "never") return Promise.resolve(answer);
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      },
    };
    const bucket = createTokenBucket({ perSecond: 100, burst: 100 }, clock);
    const statuses: number[] = [];
    const onRequest = ({ status }: { readonly status: number }) => void statuses.push(status);
    return {
      clock,
      sent,
      statuses,
      generation: () => generation,
      api: createApi({ connection, clock, bucket, onRequest, timeoutMs: 10_000 }),
    };
  }

  const answer = (status: number, text: string, headers: Record<string, string> = {}): HttpAnswer => ({
    status,
    headers,
    text: async () => text,
    stream: () => null,
  });
  const get = { method: "GET", path: "/x", what: "x" } as const;

  it("end after their time, and take the dead connection with them", async () => {
    const { api: client, clock, generation, statuses } = api([]);
    const asked = client.ask(get, never).catch((thrown: unknown) => thrown);
    await clock.advance(10_001);
    expect(await asked).toMatchObject({ code: "unreachable" });
    expect([generation(), statuses]).toEqual([1, [0]]);
  });

  it("end with the caller's signal, and leave the connection alone", async () => {
    const { api: client, generation } = api([]);
    const stop = new AbortController();
    const asked = client.ask(get, stop.signal).catch((thrown: unknown) => thrown);
    await Promise.resolve();
    stop.abort(new Error("enough"));
    expect(await asked).toMatchObject({ message: "enough" });
    expect(generation()).toBe(0);
  });

  it("wait as long as a server asks for that is too busy, and everybody with them", async () => {
    const { api: client, clock, sent } = api([answer(429, "", { "retry-after": "7" }), answer(200, "{}")]);
    const asked = client.ask(get, never);
    await clock.advance(6900);
    expect(sent.length).toBe(1);
    await clock.advance(200);
    expect(await asked).toEqual({ status: 200, body: {} });
  });

  it("do not go out when the fence falls while they wait for their turn", async () => {
    const { api: client, sent } = api([answer(200, "{}")]);
    const fence = () => {
      throw new ClusterError("not-leader", "lost");
    };
    await expect(client.demand({ ...get, fence }, never)).rejects.toMatchObject({ code: "not-leader" });
    expect(sent).toEqual([]);
  });
});
