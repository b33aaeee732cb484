import type { Timers } from "./timers.ts";
import type { PostCommand } from "./twin-client.ts";
import type { TwinCommand, TwinNews } from "./twin-news.ts";

export interface TwinLinkDeps {
  readonly makeWorker: () => Worker;
  readonly timers: Timers;
  readonly random: () => number;
}

function workerOf(makeWorker: () => Worker): Worker | undefined {
  try {
    return makeWorker();
  } catch {
    // No workers here at all: the stand-in does it.
    return undefined;
  }
}

/** Starts the feed's thread; where there are no workers, or this one does not start, the same code runs on the page's own. */
export function openTwinLink(deps: TwinLinkDeps, hear: (news: TwinNews) => void): PostCommand {
  // Until the worker is known to run, and until the stand-in has come: what was said.
  let waiting: TwinCommand[] = [];
  let hasSpoken = false;
  let host: ((command: TwinCommand) => void) | undefined;
  let worker = workerOf(deps.makeWorker);

  const standIn = async (): Promise<void> => {
    const [{ createTwinHost }, { connectTwinSocket }] = await Promise.all([
      import("./twin-host.ts"),
      import("./twin-socket.ts"),
    ]);
    host = createTwinHost({ connect: connectTwinSocket, timers: deps.timers, random: deps.random }, hear);
    for (const command of waiting.splice(0)) host(command);
  };

  worker?.addEventListener("message", ({ data }: MessageEvent<TwinNews>) => {
    hasSpoken = true;
    waiting = [];
    hear(data);
  });
  worker?.addEventListener("error", () => {
    if (hasSpoken || worker === undefined) return;
    worker = undefined;
    void standIn();
  });
  if (worker === undefined) void standIn();

  return (command, transfer) => {
    worker?.postMessage(command, transfer);
    if (hasSpoken) return;
    if (host === undefined) waiting.push(command);
    else host(command);
  };
}
