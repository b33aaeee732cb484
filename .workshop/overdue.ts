import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { root, say } from "./steps.ts";

/** No file takes as long, on whatever machine. */
const MOST_MS = 20 * 60_000;
const LOOK_MS = 5000;

/** A reporter of vitest's that ends test files which never end. Its own time limit cannot: that is a timer in the very
 *  process that loops. */
export default function overdueReporter(): Reporter {
  const startedMs = new Map<TestModule, number>();

  function look(): void {
    const now = performance.now();
    const overdue = [...startedMs].filter(([, since]) => now - since > MOST_MS);
    if (overdue.length === 0) return;
    for (const [{ moduleId }] of overdue)
      say(
        `tests: ${relative(root, moduleId)} did not end within ${MOST_MS / 60_000} min: its process is killed`,
      );
    // Which process has which file vitest does not tell: what runs beside it fails too, and is run once more.
    for (const pid of children()) process.kill(pid, "SIGKILL");
    startedMs.clear();
  }

  return {
    onInit() {
      setInterval(look, LOOK_MS).unref();
    },
    onTestModuleStart: (module) => void startedMs.set(module, performance.now()),
    onTestModuleEnd: (module) => void startedMs.delete(module),
  };
}

function children(): readonly number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}
