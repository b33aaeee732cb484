import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface ServerPorts {
  readonly s7?: number;
  readonly modbus?: number;
  readonly opcua?: string;
}

export interface ServerProcess {
  readonly ports: ServerPorts;
  stop(): Promise<void>;
}

/** @param which names of servers: "s7", "modbus", "opcua", joined by commas */
export async function startServers(which: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "servers.ts"), which], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    ports: JSON.parse(line) as ServerPorts,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
