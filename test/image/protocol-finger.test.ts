import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ModbusServer, startModbusServer } from "../plant/modbus-server.ts";
import { entryOf, type Layout, layOut } from "./layout.ts";

// Whole processes start here, and the machine may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let layout: Layout;
let plc: ModbusServer;

beforeAll(async () => {
  layout = await layOut("protocol-finger", "protocol-finger");
  plc = await startModbusServer();
});

afterAll(async () => {
  await plc.close();
  await layout.remove();
});

const runImage = (...args: string[]) =>
  layout.start([process.execPath, entryOf(layout.dockerfile), ...args]).ended;

describe("the image of protocol-finger", () => {
  it("holds the sources and their signatures, and no tests", async () => {
    const files = await readdir(join(layout.folder, "protocol-finger"), { recursive: true });
    expect(files).toContain("src/main.ts");
    expect(files).toContain("src/signatures/tcp.yaml");
    expect(files.filter((file) => /\.test\.ts$|\/testing(\/|$)/.test(file))).toEqual([]);
  });

  it("runs as a user without rights, on no other package than its own", async () => {
    const help = await runImage("--help");
    expect(help.err).toBe("");
    expect(help.out).toContain("Usage: protocol-finger");
    expect(help.code).toBe(0);
  });

  it("probes and reads a device, with nothing to write to", async () => {
    plc.holding[0] = 4711;
    const at = ["--port", `modbus=${plc.port}`, "--protocols", "modbus", "--spacing", "0"];
    const probe = await runImage("probe", "127.0.0.1", "--json", ...at);
    expect(probe.err).toContain("verdicts are not remembered");
    expect(JSON.parse(probe.out)).toMatchObject({
      host: "127.0.0.1",
      protocols: [{ id: "modbus", state: "speaks" }],
    });
    const read = await runImage("read", "127.0.0.1", "hr:0", ...at);
    expect(JSON.parse(read.out)).toMatchObject({ value: 4711, quality: "good" });
    expect(read.code).toBe(0);
  });
});
