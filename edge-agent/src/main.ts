#!/usr/bin/env node
import { runCli } from "./cli.ts";

// A reader that leaves (`| head`) is no error; a full disk behind `>` is, and `read` has its own word for it.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || process.stdout.listenerCount("error") > 1) return;
  process.stderr.write(`standard output cannot be written to: ${error.message}\n`);
  process.exitCode = 1;
});

const code = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal(name, handler) {
    process.on(name, handler);
    return () => void process.off(name, handler);
  },
});
process.exitCode ||= code;
