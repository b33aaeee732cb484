import { describe, expect, it } from "vitest";
import { createManualTimers } from "../testing/manual-timers.ts";
import { settled } from "../testing/settled.ts";
import { makeLayout } from "../testing/small-layout.ts";
import { createAsk } from "./ask.ts";
import { askLayout, createLayoutLoader } from "./twin-layout.ts";

const ask = (body: unknown) =>
  askLayout(
    createAsk({ base: "https://agent/", fetch: async () => new Response(JSON.stringify(body)) }),
    new AbortController().signal,
  );

describe("the layout", () => {
  it("comes with its points in columns", async () => {
    expect(await ask(makeLayout(3))).toMatchObject({ assetCount: 3, pointCount: 9 });
  });

  it("is refused where it is of another version, misshapen or does not fit together", async () => {
    const good = makeLayout(1);
    await expect(ask({ ...good, version: "plant-layout/v9" })).rejects.toThrow("answer.version");
    await expect(ask({ ...good, assets: [{ ...good.assets[0], at: [1] }] })).rejects.toThrow(
      "answer.assets[0].at: expected 2 or 3 numbers",
    );
    await expect(ask({ ...good, assets: [{ ...good.assets[0], template: "ship" }] })).rejects.toThrow(
      "names no template",
    );
  });
});

describe("the layout's loader", () => {
  function setUp() {
    const timers = createManualTimers();
    const log: string[] = [];
    let body: unknown;
    let asked = 0;
    const loader = createLayoutLoader(
      {
        timers,
        random: () => 1,
        ask: createAsk({
          base: "https://agent/",
          async fetch() {
            asked += 1;
            if (body === undefined) throw new TypeError("no route");
            return new Response(JSON.stringify(body));
          },
        }),
      },
      {
        loaded: ({ assetCount }) => log.push(`${assetCount} assets`),
        failed: (error) => log.push(String(error)),
      },
    );
    const pass = async (ms: number): Promise<void> => {
      timers.advance(ms);
      await settled();
    };
    return {
      loader,
      log,
      pass,
      timers,
      asked: () => asked,
      serve(next: unknown) {
        body = next;
      },
    };
  }

  it("tries until the agent answers, and then no more", async () => {
    const { loader, log, pass, serve, asked } = setUp();
    loader.load();
    await pass(0);
    await pass(500);
    serve(makeLayout(3));
    await pass(1_000);
    loader.hurry();
    await pass(60_000);
    expect(log).toEqual([
      expect.stringContaining("no route"),
      expect.stringContaining("no route"),
      "3 assets",
    ]);
    expect(asked()).toBe(3);
  });

  it("does not wait when somebody is in a hurry", async () => {
    const { loader, log, pass, serve } = setUp();
    loader.load();
    await pass(0);
    serve(makeLayout(2));
    loader.hurry();
    await pass(0);
    expect(log.at(-1)).toBe("2 assets");
  });

  it("waits for the layout that the feed speaks of", async () => {
    const { loader, log, pass, serve } = setUp();
    const next = await ask(makeLayout(5));
    serve(makeLayout(2));
    loader.load(next.hash);
    await pass(0);
    expect(log).toEqual([]);
    serve(makeLayout(5));
    await pass(500);
    expect(log).toEqual(["5 assets"]);
  });

  it("is silent once closed", async () => {
    const { loader, log, pass, timers } = setUp();
    loader.load();
    loader.close();
    await pass(60_000);
    expect([log, timers.waiting]).toEqual([[], 0]);
  });
});
