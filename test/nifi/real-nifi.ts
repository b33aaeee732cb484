import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { freePort } from "../free-port.ts";
import type { FlowFile, Listener } from "./flow-file.ts";

const JAVA = "java";

interface Line {
  readonly port?: number;
  readonly done?: string;
  readonly attributes?: Record<string, string>;
  readonly content?: string;
}

export interface RealNifi extends Listener {
  /** Kills the process and starts another one at the same port. */
  restart(): Promise<void>;
}

/** NiFi's own ListenHTTP in a process of its own. */
export async function startNifi(classPath: string): Promise<RealNifi> {
  const files: FlowFile[] = [];
  const port = await freePort();
  let process = await launch(classPath, port, files);
  return {
    port,
    flowFiles: () => files,
    // It tells of a file before it answers its sender, and of this after all of them.
    caughtUp: () => process.command("look"),
    setFull: (isFull) => process.command(isFull ? "full" : "free"),
    setBroken: (isBroken) => process.command(isBroken ? "fail" : "mend"),
    async restart() {
      await process.kill();
      process = await launch(classPath, port, files);
    },
    close: () => process.kill(),
  };
}

async function launch(classPath: string, port: number, files: FlowFile[]) {
  const child = spawn(JAVA, ["-Xmx256m", "-cp", classPath, "NifiReceiver", String(port)]);
  const errors = lastOf(child);
  const waiting: ((line: Line) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    if (line.attributes === undefined) return waiting.shift()?.(line);
    const content = Buffer.from(line.content ?? "", "base64").toString("utf8");
    files.push({ attributes: line.attributes, content });
  });
  const answer = () =>
    new Promise<void>((resolve, reject) => {
      waiting.push(() => resolve());
      child.once("exit", () => reject(new Error(`the receiver ended: ${errors()}`)));
    });
  await answer();
  return {
    async command(word: string) {
      const done = answer();
      child.stdin.write(`${word}\n`);
      await done;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The newest words on standard error, for a message. */
function lastOf(child: ChildProcessWithoutNullStreams): () => string {
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-2000);
  });
  return () => text;
}
