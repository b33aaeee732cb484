#!/usr/bin/env node
import { runCli } from "./cli.ts";

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal(name, handler) {
    process.on(name, handler);
    return () => void process.off(name, handler);
  },
});
