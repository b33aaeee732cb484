import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** "cut": connections break and new ones are refused; "cut-after-request": what goes in arrives, its answer does not;
 *  "slow": a few bytes at a time, both ways. */
export type GateState = "up" | "cut" | "cut-after-request" | "slow";

/** A port before another one. */
export interface TcpGate {
  readonly port: number;
  /** Connections since the start. */
  readonly accepted: number;
  /** What clients sent, one stream a connection, in the order in which these began. */
  sent(): readonly Buffer[];
  set(state: GateState): void;
  /** Breaks what is open, and lets in the next. */
  reset(): void;
  close(): Promise<void>;
}

const SLOW_BYTES = 200;
const SLOW_MS = 10;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** An answer was swallowed: this stream is good for nothing more. */
  isSpoilt: boolean;
}

export async function openTcpGate(target: number): Promise<TcpGate> {
  const pairs = new Set<Pair>();
  let state: GateState = "up";
  const uploads: Buffer[][] = [];

  function end(pair: Pair): void {
    pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  }

  async function pass(from: Socket, to: Socket, pair: Pair, isAnswer: boolean): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (isAnswer && state === "cut-after-request") pair.isSpoilt = true;
        else await write(to, chunk, () => state === "slow");
      }
    } catch {
      // A reset on one side ends the other, as everything does.
    } finally {
      end(pair);
    }
  }

  const listener = createServer((client) => {
    if (state === "cut") {
      client.resetAndDestroy();
      return;
    }
    const pair: Pair = { client, server: connect(target, "127.0.0.1"), isSpoilt: false };
    const upload: Buffer[] = [];
    uploads.push(upload);
    pairs.add(pair);
    for (const socket of [pair.client, pair.server]) socket.on("error", () => end(pair));
    client.on("data", (chunk: Buffer) => upload.push(chunk));
    void pass(pair.client, pair.server, pair, false);
    void pass(pair.server, pair.client, pair, true);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    get accepted() {
      return uploads.length;
    },
    sent: () => uploads.map((chunks) => Buffer.concat(chunks)),
    set(next) {
      state = next;
      for (const pair of pairs) if (next === "cut" || pair.isSpoilt) end(pair);
    },
    reset() {
      for (const pair of pairs) end(pair);
    },
    async close() {
      for (const pair of pairs) end(pair);
      listener.close();
      await once(listener, "close");
    },
  };
}

async function write(to: Socket, chunk: Buffer, isSlow: () => boolean): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    if (to.destroyed) return;
    const slow = isSlow();
    const part = slow ? chunk.subarray(at, at + SLOW_BYTES) : chunk.subarray(at);
    to.write(part);
    at += part.length;
    if (slow) await pause(SLOW_MS);
  }
}
