import { request } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { type Bench, startApi } from "../harness.ts";

const FROM = "from=2023-11-14T22:00:00Z";
const url = (more = "to=2023-11-14T23:00:00Z") => `/v1/replay/frames?${FROM}&${more}`;

/** The body's parts, cut by the lengths before them. */
function framesOf(api: Bench, path: string): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const sent = request(api.address + path, { agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("error", reject);
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        expect(response.headers["content-type"]).toBe("application/octet-stream");
        const body = Buffer.concat(parts);
        const frames: Buffer[] = [];
        for (let at = 0; at < body.length; at += 4 + body.readUInt32LE(at))
          frames.push(body.subarray(at + 4, at + 4 + body.readUInt32LE(at)));
        resolve(frames);
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("/v1/replay", () => {
  it("tells from when to when there is something, and its gaps", async () => {
    await using api = await startApi();
    expect((await api.ask("/v1/replay")).json).toEqual({ spans: [] });
    const at = 1_700_000_000_000;
    api.twinRecording.kept = [
      { fromMs: at, toMs: at + 1000, layoutHash: 1 },
      { fromMs: at + 5000, toMs: at + 9500, layoutHash: 2 },
    ];
    expect((await api.ask("/v1/replay")).json).toEqual({
      fromTime: "2023-11-14T22:13:20.000000Z",
      toTime: "2023-11-14T22:13:29.500000Z",
      spans: [
        { fromTime: "2023-11-14T22:13:20.000000Z", toTime: "2023-11-14T22:13:21.000000Z", layoutHash: 1 },
        { fromTime: "2023-11-14T22:13:25.000000Z", toTime: "2023-11-14T22:13:29.500000Z", layoutHash: 2 },
      ],
    });
  });
});

describe("/v1/replay/frames", () => {
  it("streams the messages, each after its length", async () => {
    await using api = await startApi();
    api.twinRecording.messages = [Buffer.from("one"), Buffer.from(""), Buffer.from("three")];
    expect((await framesOf(api, url())).map(String)).toEqual(["one", "", "three"]);
    await framesOf(api, url("to=2023-11-14T23:00:00Z&stepMs=5000"));
    const fromMs = Date.UTC(2023, 10, 14, 22);
    expect(api.twinRecording.asked).toEqual([
      { fromMs, toMs: fromMs + 3_600_000, stepMs: 1000 },
      { fromMs, toMs: fromMs + 3_600_000, stepMs: 5000 },
    ]);
  });

  it("ends with the last whole message before 50 MB", async () => {
    await using api = await startApi();
    api.twinRecording.messages = Array.from({ length: 60 }, () => Buffer.alloc(1024 * 1024));
    expect(await framesOf(api, url())).toHaveLength(49);
    expect(api.twinRecording.ended).toEqual([true]);
  });

  it.each([
    ["an hour backwards", "to=2023-11-14T21:00:00Z"],
    ["more than a day", "to=2023-11-15T22:00:01Z"],
    ["no step", "to=2023-11-14T23:00:00Z&stepMs=0"],
    ["no time", "to=now"],
    ["an unknown parameter", "to=2023-11-14T23:00:00Z&speed=2"],
  ])("refuses %s", async (_, more) => {
    await using api = await startApi();
    expect((await api.ask(url(more))).status).toBe(400);
    expect(api.twinRecording.asked).toEqual([]);
  });

  it("stops reading when the client goes away, and serves four at once", async () => {
    await using api = await startApi();
    api.twinRecording.messages = [Buffer.from("one"), Buffer.from("two")];
    api.twinRecording.hangs = true;
    const clients = Array.from({ length: 4 }, () => {
      const gone = new AbortController();
      const answer = api.ask(url(), { signal: gone.signal }).catch((thrown: Error) => thrown.name);
      return { gone, answer };
    });
    await vi.waitFor(() => expect(api.twinRecording.asked).toHaveLength(4));
    expect((await api.ask(url())).status).toBe(503);
    for (const { gone } of clients) gone.abort();
    expect(await Promise.all(clients.map(({ answer }) => answer))).toEqual(Array(4).fill("AbortError"));
    await vi.waitFor(() => expect(api.twinRecording.ended).toHaveLength(4));
    api.twinRecording.hangs = false;
    await vi.waitFor(async () => expect(await framesOf(api, url())).toHaveLength(2));
  });

  it("breaks off what takes longer than a minute", async () => {
    await using api = await startApi();
    api.twinRecording.messages = [Buffer.from("one")];
    api.twinRecording.hangs = true;
    const answer = api.ask(url());
    await vi.waitFor(() => expect(api.twinRecording.asked).toHaveLength(1));
    await api.clock.advance(60_000);
    await expect(answer).rejects.toThrow();
    expect(api.twinRecording.ended).toEqual([true]);
  });
});
