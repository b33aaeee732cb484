import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** Stands before a server and makes it one of MQTT 3.1.1: a CONNECT of version 5 is refused as the standard wants it
 *  (3.1.2.2: return code 1, then the end), or the connection just ends. */
export async function openOldServer(target: number, how: "code" | "hang-up") {
  const levels: number[] = [];
  const server = createServer((client) => {
    client.on("error", () => undefined);
    client.once("data", (first: Buffer) => {
      // Fixed header (2), length of the name (2), "MQTT" (4), level.
      const level = first[8] ?? 0;
      levels.push(level);
      if (level === 5) {
        if (how === "code") client.end(Buffer.from([0x20, 2, 0, 1]));
        else client.destroy();
        return;
      }
      const behind = connect(target, "127.0.0.1");
      behind.on("error", () => client.destroy());
      behind.write(first);
      client.pipe(behind).pipe(client);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    levels,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
