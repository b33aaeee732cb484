/** Where a command's data and messages go: standard streams, or a test's own. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** @returns stops listening */
  onSignal(name: "SIGINT" | "SIGTERM", handler: () => void): () => void;
}

const STOPPED = "stopped";

/** Whether it is what `untilStopped` aborts with. */
export const isStop = (thrown: unknown): boolean =>
  thrown instanceof DOMException && thrown.name === "AbortError" && thrown.message === STOPPED;

/** Aborts on Ctrl-C, a service manager's stop, or when nobody reads the output any more, until disposed. */
export function untilStopped(io: Streams): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort(new DOMException(STOPPED, "AbortError"));
  const offs = [io.onSignal("SIGINT", stop), io.onSignal("SIGTERM", stop)];
  io.stdout.once("error", stop);
  return {
    signal: controller.signal,
    dispose() {
      for (const off of offs) off();
      io.stdout.off("error", stop);
    },
  };
}

export const say = (io: Pick<Streams, "stderr">, text: string): void => void io.stderr.write(`${text}\n`);

/** One line of data. */
export const put = (io: Pick<Streams, "stdout">, text: string): void => void io.stdout.write(`${text}\n`);

export const putJson = (io: Pick<Streams, "stdout">, value: unknown): void => put(io, JSON.stringify(value));
