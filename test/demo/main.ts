// npm run demo:canary: a plant goes to full load, the agent notices, tries a candidate and promotes it; then it tries a
// worse one and rolls it back.   node test/demo/main.ts FOLDER [--port 8642] [--block-ms 400]
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { tellCanaryStory } from "./canary-story.ts";
import { openDemoRegistry } from "./registry.ts";
import { demoSettings } from "./settings.ts";

const root = join(import.meta.dirname, "../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string", default: "8642" },
    "block-ms": { type: "string", default: "400" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("name a folder that the demonstration may write to");

const start = performance.now();
const say = (text: string): void => {
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  process.stdout.write(`${seconds.padStart(4)} s  ${text}\n`);
};
const stopping = new AbortController();
const children: ChildProcess[] = [];

function run(script: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  child.once("exit", (code) => {
    stopping.abort(new Error(`${script} ended with code ${code}`));
  });
  return child;
}

async function firstLine(child: ChildProcess, pattern: RegExp): Promise<string> {
  const stream = child.stdout ?? process.stdin;
  for await (const line of createInterface(stream)) {
    if (!pattern.test(line)) continue;
    stream.resume();
    return line;
  }
  throw new Error(`it ended before it said ${pattern}`);
}

async function stopAll(): Promise<void> {
  const alive = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of alive.reverse()) child.kill("SIGTERM");
  await Promise.all(alive.map((child) => once(child, "exit")));
}

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => stopping.abort(new Error("stopped")));
}

try {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const registry = await openDemoRegistry(folder, (text) => say(`$ ${text}`));
  say(
    "An ML engineer trained 0.1.1 from labelled field frames of sister machines at full load, and publishes it:",
  );
  await registry.publish("better");
  const settings = join(folder, "settings.json");
  writeFileSync(settings, JSON.stringify(demoSettings(registry)));
  const config = join(folder, "agent.yaml");
  const plantArgs = ["--story", "load", "--wait", "--block-ms", values["block-ms"], "--port", values.port];
  const plant = run("test/plant/main.ts", [config, ...plantArgs, "--with", settings]);
  await firstLine(plant, /^\{/);
  run("edge-agent/src/main.ts", ["run", "-c", config, "--log", "error"]).stdout?.resume();
  const address = `http://127.0.0.1:${values.port}`;
  await untilAnswers(address, stopping.signal);
  say(
    `Six healthy machines; open ${address} and click the model in the header. Learning takes half a minute.`,
  );
  say("What takes days in a plant takes seconds here, and 100 % more latency is allowed instead of 5 %.");
  const endings = await tellCanaryStory({
    address,
    say,
    publish: registry.publish,
    goToFullLoad: () => void plant.stdin?.write("load\n"),
    signal: stopping.signal,
  });
  const [first, second] = endings;
  const isRight = first?.kind === "promoted" && second?.kind === "rolled-back";
  say(
    isRight
      ? "The better candidate was promoted, the worse one rolled back."
      : `That was not the story: ${JSON.stringify(endings)}`,
  );
  process.exitCode = isRight ? 0 : 1;
} catch (thrown) {
  say(thrown instanceof Error ? thrown.message : String(thrown));
  process.exitCode = 1;
} finally {
  await stopAll();
}

async function untilAnswers(address: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await fetch(`${address}/v1/models`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
