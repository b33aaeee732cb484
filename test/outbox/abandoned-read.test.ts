import { createSystemClock } from "@stethos/protocol-finger/clock";
import { expect, it } from "vitest";
import type { ConnectOutbox } from "../../edge-agent/src/adapters/sqlite/outbox/outbox.ts";
import { tell } from "./lines.ts";
import { loadTags, roundOf } from "./load.ts";
import { inProcess, openOutbox } from "./real-outbox.ts";
import { inMemory } from "./temporary.ts";

const never = new AbortController().signal;

it("delivers to whoever asks again after an answer came too late for the one before", async () => {
  const gone = new AbortController();
  const connect: ConnectOutbox = (settings) => {
    const link = inProcess(settings);
    return {
      ...link,
      async ask(request) {
        const reply = await link.ask(request);
        // The worker has answered, and nobody waits any more.
        if (request.kind === "query" && request.query.kind === "next") gone.abort();
        return reply;
      },
    };
  };
  await inMemory(async (folder) => {
    const outbox = await openOutbox(`${folder}/outbox.db`, createSystemClock(), {}, { connect });
    outbox.registerTags(loadTags());
    const reader = outbox.reader("historian", { streams: ["readings"], lane: "in-order" });
    outbox.append(roundOf(0));
    await outbox.flush(never);
    await expect(reader.next({ rows: 100 }, gone.signal)).rejects.toThrow("aborted");
    const batches = await reader.next({ rows: 100 }, AbortSignal.timeout(20_000));
    expect(batches.map((batch) => tell(batch).wrong)).toEqual([undefined]);
    await outbox.close();
  });
});
