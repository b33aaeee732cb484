import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDoctorCommand } from "./doctor.ts";

const model = fileURLToPath(new URL("../../../models/artifacts/listener/0.1.0", import.meta.url));
const OUTBOX = {
  file: "outbox.db",
  bytes: 4096,
  epoch: "0123456789abcdef",
  rows: 0,
  dropped: [{ stream: "readings", cause: "full-bytes", rows: 12 }],
  sinks: [{ sink: "broker", waitingBatches: 0, waitingRows: 0 }],
};

let folder = "";
let servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-doctor-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(folder, { recursive: true, force: true });
});

/** Answers as an agent does; also a device's port, as far as a knock goes. */
async function listen(): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === "/v1/status" ? { version: "0.1.0" } : OUTBOX));
  });
  servers = [...servers, server];
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function run(config: object, ...args: readonly string[]): Promise<{ text: string; error: unknown }> {
  const file = join(folder, "agent.yaml");
  await writeFile(file, JSON.stringify(config));
  const stdout = new PassThrough();
  const program = new Command("stethos").exitOverride();
  createDoctorCommand(async ({ name }) => `${name} would take it`)(program, {
    stdout,
    stderr: new PassThrough(),
    onSignal: () => () => {},
    version: "0.1.0",
    modelFolder: model,
    modelKeys: [],
    webRoot: "",
  });
  let error: unknown;
  try {
    await program.parseAsync(["doctor", "-c", file, ...args], { from: "user" });
  } catch (thrown) {
    error = thrown;
  }
  return { text: String(stdout.read() ?? ""), error };
}

const configOf = (apiPort: number, devicePort: number) => ({
  version: 1,
  site: "site",
  data: folder,
  api: { port: apiPort },
  devices: [
    {
      name: "plc1",
      protocol: "modbus-tcp",
      connection: { host: "127.0.0.1", port: devicePort },
      groups: [
        {
          name: "g",
          periodMs: 1000,
          tags: [{ name: "t", asset: "hall/line/cell/pump", address: "hr:0", unit: "Cel" }],
        },
      ],
    },
  ],
});

interface Line {
  readonly code: string;
  readonly level: string;
  readonly what: string;
}

const lines = (text: string): readonly Line[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

describe("stethos doctor", () => {
  it("asks the running agent, and tells of all that is well and what is not, as JSON too", async () => {
    const port = await listen();
    const { text } = await run(configOf(port, port), "--json");
    const codes = lines(text).map(({ code }) => code);
    for (const code of ["config-good", "node-good", "agent-runs", "outbox-lost", "device-good", "model-good"])
      expect(codes).toContain(code);
    expect(lines(text).find(({ code }) => code === "outbox-lost")).toMatchObject({
      level: "warn",
      what: "12 rows of readings were given up: full-bytes",
    });
  });

  it("ends with a failure where something fails, and says it in Chinese too", async () => {
    const port = await listen();
    const { text, error } = await run(configOf(port, 1), "--lang", "zh");
    expect(text).toMatch(/^FAIL +device +plc1（127\.0\.0\.1:1）：/m);
    expect(text).toContain("-> `stethos devices -c` 可进一步查明");
    expect(error).toMatchObject({
      code: "DOCTOR_FAILED",
      message: expect.stringMatching(
        /^\d of the \d+ findings on .*agent\.yaml are not well; each says what to do$/,
      ),
    });
  });

  it("asks the sinks, and tells what they said", async () => {
    const port = await listen();
    const config = { ...configOf(port, port), sinks: [{ kind: "file", name: "usb", folder }] };
    const { text } = await run(config, "--json");
    expect(lines(text).find(({ code }) => code === "sink-asked")?.what).toBe(
      `usb at ${folder}: usb would take it`,
    );
  });

  it("waits for an agent that is about to be ready, and says nothing of anything else", async () => {
    const port = await listen();
    expect(await run(configOf(port, 1), "--ready-within", "30")).toEqual({ text: "", error: undefined });
    const { text, error } = await run(configOf(1, port), "--ready-within", "0.2");
    expect(text).toBe("");
    expect(error).toMatchObject({ message: expect.stringContaining("is not ready within 0.2 s: connect") });
  });

  it("does not wait for an agent whose process has ended", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const { error } = await run(configOf(1, 1), "--ready-within", "600", "--process", String(child.pid));
    expect(error).toMatchObject({ message: expect.stringContaining("ended before it was ready") });
    const { error: late } = await run(
      configOf(1, 1),
      "--ready-within",
      "1",
      "--process",
      String(process.pid),
    );
    expect(late).toMatchObject({ message: expect.stringContaining("is not ready within 1 s") });
  });

  it("tells a configuration that is refused, and looks at the computer all the same", async () => {
    const { text, error } = await run({ version: 1 }, "--json");
    expect(lines(text).map(({ code }) => code)).toEqual(expect.arrayContaining(["config-bad", "node-good"]));
    expect(error).toMatchObject({ code: "DOCTOR_FAILED" });
  });
});
