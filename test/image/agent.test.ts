import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { freePort } from "../free-port.ts";
import { type ModbusServer, startModbusServer } from "../plant/modbus-server.ts";
import { hasGoodReading, until } from "./agent-container.ts";
import { entryOf, isScript, type Layout, layOut, type Started } from "./layout.ts";
import { root } from "./storage.ts";

// Whole processes start here, and the machine may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let layout: Layout;
let plc: ModbusServer;
let agent: Started;
let address: string;

beforeAll(async () => {
  layout = await layOut("agent", "edge-agent");
  plc = await startModbusServer();
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  const config = join(layout.folder, "agent.yaml");
  const tag = { name: "speed", asset: "area/line/cell/pump", address: "hr:0", unit: "/min" };
  await writeFile(
    config,
    stringify({
      version: 1,
      site: "image",
      data: layout.dataFolder,
      api: { port },
      devices: [
        {
          name: "plc",
          protocol: "modbus-tcp",
          connection: { host: "127.0.0.1", port: plc.port },
          groups: [{ name: "all", periodMs: 200, tags: [tag] }],
        },
      ],
    }),
  );
  agent = layout.start([process.execPath, entryOf(layout.dockerfile), "run", "-c", config]);
});

afterAll(async () => {
  await plc.close();
  await layout.remove();
});

const health = async (...url: string[]): Promise<number> =>
  (await layout.start([process.execPath, "/app/../inside/health.ts", ...url]).ended).code;

describe("the agent's image", () => {
  it("starts as a user without rights on a read-only root, reads a PLC and is healthy", async () => {
    expect(isScript(join(root, "edge-agent/src/main.ts"))).toBe(true);
    await until(
      () => hasGoodReading(address),
      () => (agent.process.exitCode === null ? undefined : `it ended: ${agent.said()}`),
    );
    expect(await health(`${address}/readyz`)).toBe(0);
    expect(await health(`${address}/livez`)).toBe(0);
    expect(await readdir(layout.dataFolder)).toContain("history.db");
  });

  it("serves the page that was built, and holds the model with its licence list", async () => {
    const isBuilt = existsSync(join(root, "web-twin/dist/app/index.html"));
    expect((await fetch(address)).status).toBe(isBuilt ? 200 : 404);
    const models = (await (await fetch(`${address}/v1/models`)).json()) as { champion: { name: string } };
    expect(models.champion.name).toBe("listener");
    expect(existsSync(join(layout.folder, "DEPENDENCIES.md"))).toBe(true);
  });

  it("ends in order when it is told to", async () => {
    agent.process.kill("SIGTERM");
    expect((await agent.ended).code).toBe(0);
  });

  it("says what is missing where its configuration is not there", async () => {
    const command = [process.execPath, entryOf(layout.dockerfile), "run", "-c", "/etc/stethos/agent.yaml"];
    const { code, err } = await layout.start(command).ended;
    expect(err).toContain("/etc/stethos/agent.yaml cannot be read");
    expect(code).toBe(1);
  });
});
