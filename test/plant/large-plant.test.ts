import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { createModbusDevice } from "../../edge-agent/src/adapters/modbus/device.ts";
import { modbusTcpOptions } from "../../edge-agent/src/adapters/modbus/options.ts";
import { readConfig } from "../../edge-agent/src/config.ts";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import { startLargePlant } from "./large-plant.ts";
import { startRegisterServer } from "./register-server.ts";
import { createWanders } from "./wander.ts";

const never = new AbortController().signal;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function exchange(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  closers.push(() => socket.destroy());
  const answer = new Promise<string>((resolve) => {
    socket.once("data", (bytes) => resolve(bytes.toString("hex")));
    socket.once("close", () => resolve("closed"));
  });
  for (const piece of pieces) {
    socket.write(Buffer.from(piece, "hex"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return await answer;
}

describe("the register server", () => {
  it("answers what it is asked, also when the question comes in pieces", async () => {
    const server = await startRegisterServer(1);
    closers.push(server.close);
    server.units[0]?.set([0x1234, 0xabcd], 7);
    expect(await exchange(server.port, "000100000006010300070002")).toBe("0001000000070103041234abcd");
    expect(await exchange(server.port, "0001000000060103", "00070001")).toBe("0001000000050103021234");
  });

  it.each([
    ["000100000006020300070001", "00010000000302830b"],
    ["000100000006010400070001", "000100000003018401"],
    ["00010000000601030000007e", "000100000003018302"],
    ["0001000000060103ffff0002", "000100000003018302"],
    ["0001000000ff0103", "closed"],
  ])("refuses %s", async (question, told) => {
    const server = await startRegisterServer(1);
    closers.push(server.close);
    expect(await exchange(server.port, question)).toBe(told);
  });
});

describe("a large plant", () => {
  it("is read by an agent's driver as its configuration says, each value inside its range", async () => {
    const folder = mkdtempSync(join(tmpdir(), "large-plant-"));
    closers.push(() => rmSync(folder, { recursive: true }));
    const plant = await startLargePlant({ points: 3000, site: "demo" });
    closers.push(plant.close);
    for (const { name, text } of plant.files) writeFileSync(join(folder, name), text);
    const file = join(folder, "agent.yaml");
    writeFileSync(file, stringify({ version: 1, site: "demo", ...plant.settings, devices: plant.devices }));
    const config = await readConfig(file, { modelFolder: folder, modelKeys: [] });
    expect(config.warnings).toEqual([]);
    expect(config.tags).toHaveLength(3000 - 24);
    const [device] = config.devices;
    if (device?.device.protocol !== "modbus-tcp") throw new Error("no Modbus device");
    const mute = () => undefined;
    const logger = { debug: mute, info: mute, warn: mute, error: mute, child: () => logger };
    const deps = { clock: createSystemClock(), logger, random: () => 0.5 };
    const options = modbusTcpOptions.parse(device.device.connection);
    const session = await createModbusDevice(device.plan, options, deps).connect(never);
    closers.push(session.close);
    const batch = await session.readGroup(0, never);
    expect(batch.count).toBe(2976);
    expect(batch.status.every((status) => status === StatusCode.Good)).toBe(true);
    expect(batch.value.every((raw) => raw >= 0 && raw <= 32_767)).toBe(true);
  });
});

describe("how points wander", () => {
  const points = Array.from({ length: 20_000 }, () => ({ unit: "kPa", low: 0, high: 1000 }));
  const wanders = createWanders(points, 4);
  const beyond = (seconds: number) =>
    wanders.filter(({ at, limits }) => {
      const value = at(seconds);
      return limits !== undefined && (value > limits.high || value < limits.low);
    }).length;

  it("keeps all but very few inside their limits", () => {
    for (const seconds of [0, 100, 1000, 5000]) expect(beyond(seconds) / points.length).toBeLessThan(0.005);
    expect(beyond(0) + beyond(300) + beyond(900)).toBeGreaterThan(0);
  });

  it("runs away when told to, and not before", () => {
    const wander = createWanders(points, 5).find(({ limits }) => limits !== undefined);
    const [low, high] = [wander?.limits?.low ?? 0, wander?.limits?.high ?? 0];
    wander?.runAway(50, 10, false);
    expect(wander?.at(49)).toBeLessThan(high);
    expect(wander?.at(61)).toBeGreaterThan(high);
    wander?.runAway(50, 10, true);
    expect(wander?.at(61)).toBeLessThan(low);
  });
});
