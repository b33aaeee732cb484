import type { Command } from "commander";

/** Where a command's data and messages go: standard streams, or a test's own. */
export interface CliIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** @returns stops listening */
  onSignal(name: "SIGINT" | "SIGTERM" | "SIGHUP", handler: () => void): () => void;
}

export interface CliContext extends CliIo {
  readonly version: string;
  /** The model that comes with the product. */
  readonly modelFolder: string;
  readonly modelKeys: readonly string[];
  readonly webRoot: string;
}

export type AddCommand = (program: Command, context: CliContext) => void;

/** Aborts on Ctrl-C or a service manager's stop, until disposed. */
export function untilStopped(io: CliIo): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort(new DOMException("stopped", "AbortError"));
  const offs = [io.onSignal("SIGINT", stop), io.onSignal("SIGTERM", stop)];
  return {
    signal: controller.signal,
    dispose() {
      for (const off of offs) off();
    },
  };
}

export const say = (io: CliIo, text: string): void => void io.stderr.write(`${text}\n`);
