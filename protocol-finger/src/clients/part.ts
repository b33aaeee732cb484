import type { Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";

const PATIENCE_MS = 500;

/** FIN, and wait for the other side's, half a second at most: so a device's connection is free again at once. */
export async function part(socket: Socket, clock: Clock): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  const patience = clock.deadline(PATIENCE_MS, new AbortController().signal);
  patience.signal.addEventListener("abort", () => socket.destroy(), { once: true });
  socket.end();
  await closed;
  patience.dispose();
}
