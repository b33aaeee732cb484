import { deviceOf, rateOf, startAcquisition } from "./agent-path.ts";
import { s7Device } from "./devices.ts";
import { startServers } from "./server-process.ts";

/** Full acquisition beside what is measured: 2,000 REALs of an S7, every 100 ms, with history. */
export async function startLoad() {
  const servers = await startServers("s7");
  const addresses = Array.from({ length: 2000 }, (_, i) => `DB1,REAL${4 * i}`);
  const running = await startAcquisition([deviceOf(s7Device(servers.ports.s7 ?? 0), addresses, 100)]);
  const rate = await rateOf(running.values, 500, 1000);
  return {
    valuesPerSecond: () => rate,
    async stop() {
      await running.stop();
      await servers.stop();
    },
  };
}
