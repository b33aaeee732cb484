import { connect, type Socket } from "node:net";
import type { Received } from "./received.ts";
import { cutTpkt } from "./s7-frames.ts";
import { type Door, openDoor } from "./tcp-door.ts";

/** Stands before a server that does not tell what came in. Everything passes as it is; S7 frames are noted. */
export function openRecordingRelay(target: number, received: Received): Promise<Door> {
  return openDoor({}, (client) => {
    const server = connect(target, "127.0.0.1");
    server.setNoDelay();
    server.on("error", () => client.destroy());
    client.once("close", () => server.destroy());
    server.once("close", () => client.destroy());
    note(client, received);
    client.pipe(server);
    server.pipe(client);
  });
}

function note(client: Socket, received: Received): void {
  let rest: Buffer = Buffer.alloc(0);
  client.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let cut = cutTpkt(rest); cut !== "more"; cut = cutTpkt(rest)) {
      received.note("s7", cut === "garbage" ? rest : cut.frame);
      rest = cut === "garbage" ? Buffer.alloc(0) : cut.rest;
      if (rest.length === 0) return;
    }
  });
}
