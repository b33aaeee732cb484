// Real servers in a process of their own, so that what they cost is not counted as the agent's.
// Prints one JSON line with their ports, then serves until its standard input ends.
import { startModbusServer } from "../plant/modbus-server.ts";
import { startOpcuaServer } from "../plant/opcua-server.ts";
import { startS7Server } from "../plant/s7-server.ts";
import type { ServerPorts } from "./server-process.ts";

const OPCUA_ITEMS = 2000;
const OPCUA_PERIOD_MS = 100;

const which = process.argv[2] ?? "";
const ports: { s7?: number; modbus?: number; opcua?: string } = {};

if (which.includes("s7")) {
  const server = await startS7Server();
  const block = server.addDataBlock(1, 60_000);
  for (let i = 0; i < 15_000; i += 1) block.bytes.writeFloatBE(i / 7, 4 * i);
  block.publish();
  ports.s7 = server.port;
}
if (which.includes("modbus")) {
  const server = await startModbusServer();
  server.holding.forEach((_, i) => {
    // The high half of a small FLOAT32, then its low half.
    server.holding[i] = i % 2 === 0 ? 0x4100 + (i % 64) : i;
  });
  ports.modbus = server.port;
}
if (which.includes("opcua")) {
  const server = await startOpcuaServer({ securityModes: ["None"] });
  for (let i = 0; i < OPCUA_ITEMS; i += 1) server.add(`v${i}`, "Double", 0);
  let round = 0;
  setInterval(() => {
    round += 1;
    for (let i = 0; i < OPCUA_ITEMS; i += 1) server.set(`v${i}`, round + i);
  }, OPCUA_PERIOD_MS);
  ports.opcua = server.url;
}
process.stdout.write(`${JSON.stringify(ports satisfies ServerPorts)}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
