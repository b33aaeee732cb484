import { once } from "node:events";
import { createServer } from "node:net";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { createModbusDevice } from "../../edge-agent/src/adapters/modbus/device.ts";
import { modbusTcpOptions } from "../../edge-agent/src/adapters/modbus/options.ts";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import type { PolledSession } from "../../edge-agent/src/ports/driver.ts";
import { type ModbusServer, putFloat32, startModbusServer } from "./modbus-server.ts";

const never = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options?: { readonly unit: number }): Promise<ModbusServer> {
  const server = await startModbusServer(options);
  closers.push(server.close);
  return server;
}

async function connect(server: ModbusServer, addresses: readonly string[]): Promise<PolledSession> {
  const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
  const tags = addresses.map((address) => ({
    id: address,
    path,
    name: address,
    device: "plc",
    protocol: "modbus-tcp" as const,
    address,
    unit: "1",
    scale: 1,
    offset: 0,
  }));
  const group = { name: "all", periodMs: 1000, tags: [...tags.keys()], waveforms: [] };
  const plan = { device: "plc", protocol: "modbus-tcp" as const, tags, waveforms: [], groups: [group] };
  const options = modbusTcpOptions.parse({ host: "127.0.0.1", port: server.port, requestTimeoutMs: 300 });
  const mute = () => undefined;
  const logger = { debug: mute, info: mute, warn: mute, error: mute, child: () => logger };
  const deps = { clock: createSystemClock(), logger, random: () => 0.5 };
  const session = await createModbusDevice(plan, options, deps).connect(never);
  closers.push(session.close);
  return session;
}

describe("the plant's modbus server", () => {
  it("serves what is written into its tables, while it serves", async () => {
    const server = await start();
    const session = await connect(server, [
      "hr:10,FLOAT32",
      "hr:12,FLOAT32",
      "ir:65535",
      "coil:3",
      "di:65535",
      "hr:0",
    ]);
    putFloat32(server.holding, 10, [1.5, -2.25]);
    server.input[65_535] = 7;
    server.coils[3] = 1;
    expect([...(await session.readGroup(0, never)).value]).toEqual([1.5, -2.25, 7, 1, 0, 0]);
    server.holding[0] = -1;
    server.coils[3] = 0;
    server.discrete[65_535] = 1;
    expect([...(await session.readGroup(0, never)).value]).toEqual([1.5, -2.25, 7, 0, 1, 65_535]);
  });

  it("answers as its own unit only, when it is given one", async () => {
    const server = await start({ unit: 7 });
    const session = await connect(server, ["hr:0#unit=7", "hr:0#unit=8"]);
    expect([...(await session.readGroup(0, never)).status]).toEqual([StatusCode.Good, StatusCode.BadTimeout]);
  });

  it("says when its port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await expect(startModbusServer({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    other.close();
  });

  it("refuses what lies beyond its tables", async () => {
    const { ModbusRTU } = await import("modbus-serial").then((module) => ({
      ModbusRTU: module.default.default,
    }));
    const server = await start();
    const client = new ModbusRTU();
    await client.connectTCP("127.0.0.1", { port: server.port });
    closers.push(() => new Promise((resolve) => client.close(resolve)));
    await expect(client.readHoldingRegisters(65_530, 10)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.readCoils(65_535, 2)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.readDiscreteInputs(65_535, 2)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.readInputRegisters(65_530, 10)).rejects.toMatchObject({ modbusCode: 2 });
  });
});
