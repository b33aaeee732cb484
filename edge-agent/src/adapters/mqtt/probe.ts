import type { Clock } from "@stethos/protocol-finger/clock";
import { createDial } from "./dial.ts";
import type { ConnectionOptions } from "./options.ts";

/** A client id of its own: a server ends the session of whoever has the same. */
const ENDING = "-doctor";

/** Connects as the sink does, to the first of these servers that takes it, and takes leave; publishes nothing.
 *  @param clientId as the sink's
 *  @returns what the server said, for a person
 *  @throws SinkError of the last server; the signal's reason */
export async function probeMqtt(
  options: ConnectionOptions,
  urls: readonly string[],
  clientId: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  const dial = createDial(options, `${options.clientId ?? clientId}${ENDING}`, clock);
  let last: unknown = new TypeError("no server is configured");
  for (const url of urls) {
    try {
      const connection = await dial({ url, onMessage: () => undefined }, signal);
      await connection.disconnect("without-will");
      return `${connection.server} takes the client, MQTT ${connection.version === 5 ? "5" : "3.1.1"}`;
    } catch (thrown) {
      signal.throwIfAborted();
      last = thrown;
    }
  }
  throw last;
}
