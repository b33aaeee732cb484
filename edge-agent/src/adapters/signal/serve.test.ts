import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { Work, WorkReply } from "./messages.ts";
import { serve } from "./serve.ts";

const request = {
  samples: Float32Array.from({ length: 8192 }, (_, i) => Math.sin(i * i)),
  sampleRateHz: 12_000,
  shaftHz: 25,
  modelRateHz: 12_000,
  windowSamples: 8192,
  hopSamples: 4096,
  augmentSeeds: [1],
};

/** What comes back for a block, up to its last word. */
async function ask(work: Work): Promise<WorkReply[]> {
  const { port1, port2 } = new MessageChannel();
  serve(port2);
  const replies: WorkReply[] = [];
  port1.postMessage(work);
  while (replies.at(-1)?.kind !== "features" && replies.at(-1)?.kind !== "failed") {
    const [reply] = await once(port1, "message");
    replies.push(reply);
  }
  port1.close();
  return replies;
}

describe("serve", () => {
  it("sends the windows, then the features", async () => {
    const replies = await ask({ id: 3, request });
    expect(replies).toMatchObject([
      { kind: "prepared", id: 3, prepared: { sensorState: "valid", windows: [request.samples] } },
      { kind: "features", id: 3, features: { rms: expect.closeTo(Math.SQRT1_2, 2) } },
    ]);
  });

  it("says that a block failed, and why, instead of dying over it", async () => {
    const replies = await ask({ id: 4, request: { ...request, sampleRateHz: 1 } });
    expect(replies).toEqual([
      { kind: "failed", id: 4, message: expect.stringContaining("from 1 Hz to 12000 Hz") },
    ]);
  });
});
