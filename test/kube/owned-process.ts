import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Ends its program when its standard input ends: also a test that was killed leaves nothing behind. */
const KEEPER =
  'exec 3<&0; "$@" </dev/null 3<&- & p=$!; { cat <&3 >/dev/null; kill -9 $p; } 2>/dev/null & wait $p';
const LOG_CHARS = 200_000;

export interface OwnedProcess {
  isOver(): boolean;
  /** The newest of what it wrote. */
  log(): string;
  /** SIGKILL, as power that is gone; resolves when it is over. */
  kill(): Promise<void>;
}

export function startOwned(program: string, args: readonly string[], folder: string): OwnedProcess {
  const child: ChildProcess = spawn("sh", ["-c", KEEPER, "sh", program, ...args], {
    cwd: folder,
    // Ctrl-C goes to a whole group: the keeper must outlive it to do its work.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      log = (log + chunk).slice(-LOG_CHARS);
    });
  child.stdin?.on("error", () => {
    // It was over before: `isOver` tells.
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  // Also the keeper's reader ends with it.
  child.once("exit", () => child.stdin?.end());
  return {
    isOver,
    log: () => log,
    async kill() {
      if (isOver()) return;
      const over = once(child, "exit");
      child.stdin?.end();
      await over;
    },
  };
}
