import { browserTimers } from "../platform.ts";
import { createTwinHost } from "./twin-host.ts";
import type { TwinCommand } from "./twin-news.ts";
import { connectTwinSocket } from "./twin-socket.ts";

const host = createTwinHost(
  { connect: connectTwinSocket, timers: browserTimers, random: Math.random },
  (news, transfer) => postMessage(news, { transfer }),
);
addEventListener("message", ({ data }: MessageEvent<TwinCommand>) => host(data));
