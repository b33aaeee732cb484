import { spawn } from "node:child_process";
import { once } from "node:events";
import { FingerError } from "../finger-error.ts";

export interface TcpdumpOptions {
  readonly interface: string;
  /** In pcap-filter's language; everything where absent. */
  readonly filter?: string;
  /** Bytes to keep of a packet; all where absent. */
  readonly snapLength?: number;
  /** The program to run where it is not the one on the PATH. */
  readonly program?: string;
}

/** What tcpdump sees, as a capture that goes on until `signal` aborts. It sends nothing.
 *  @throws FingerError CAPTURE_UNREADABLE where tcpdump is missing, may not listen or ends by itself */
export async function* listenWithTcpdump(
  options: TcpdumpOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const child = spawn(options.program ?? "tcpdump", argumentsOf(options), {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  // Heard below; without a listener here a failed start would end the process.
  ended.catch(() => undefined);
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-MOST_WORDS);
  });
  const stop = () => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const code = await ended;
    if (!signal.aborted) throw endedByItself(options, code, words);
  } catch (thrown) {
    throw thrown instanceof FingerError ? thrown : cannotStart(options, thrown);
  } finally {
    signal.removeEventListener("abort", stop);
    child.kill("SIGTERM");
  }
}

const MOST_WORDS = 4096;

function argumentsOf({ interface: name, filter, snapLength }: TcpdumpOptions): string[] {
  return [
    // No look-ups of names: those would be sent.
    "-n",
    // Each packet at once.
    "-U",
    "--immediate-mode",
    ...["-i", name],
    ...(snapLength === undefined ? [] : ["-s", String(snapLength)]),
    ...["-w", "-"],
    ...(filter === undefined ? [] : [filter]),
  ];
}

function cannotStart({ program = "tcpdump" }: TcpdumpOptions, cause: unknown): FingerError {
  return new FingerError(
    "CAPTURE_UNREADABLE",
    `"${program}" cannot be started, and without it nothing can be heard. Install it ("apt-get install tcpdump"), ` +
      "or record elsewhere and give the file with --pcap",
    { cause },
  );
}

function endedByItself(options: TcpdumpOptions, code: number | null, words: string): FingerError {
  const said = words.trim().split("\n").at(-1) ?? "";
  const isForbidden = /permission|not permitted/i.test(words);
  const mend = isForbidden
    ? 'Run as root, or give it the right once: "setcap cap_net_raw,cap_net_admin=eip $(which tcpdump)"'
    : '"ip link" shows the interfaces';
  return new FingerError(
    "CAPTURE_UNREADABLE",
    `tcpdump does not listen on ${options.interface} (exit code ${code}: ${said}). ${mend}`,
  );
}
