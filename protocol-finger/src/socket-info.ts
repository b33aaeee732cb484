import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { TcpFeatures } from "./probes/probe.ts";

/** What the kernel knows of the other side of a connection. */
export type SocketInfo = Omit<TcpFeatures, "connectMs">;

/** Both ends of a connection, each "address:port" or "[address]:port". */
export interface SocketEnds {
  readonly local: string;
  readonly remote: string;
}

export type SocketInfoReader = (ends: SocketEnds, signal: AbortSignal) => Promise<SocketInfo | undefined>;

const run = promisify(execFile);
const LIMIT_MS = 1000;
/** With timestamps each segment is 12 bytes shorter than the other side's MSS (RFC 7323, appendix A). */
const TIMESTAMP_BYTES = 12;

/** Asks iproute2's `ss`; undefined where it is not installed, is too slow or does not know the connection. */
export const readSocketInfo: SocketInfoReader = async ({ local, remote }, signal) => {
  // -o is what makes ss name timestamps and SACK (iproute2 6.1, ss.c, tcp_show_info).
  const args = ["-tinoOH", "src", local, "dst", remote];
  try {
    const { stdout } = await run("ss", args, { timeout: LIMIT_MS, maxBuffer: 65_536, signal });
    return parseSocketInfo(stdout, await readOffered());
  } catch (thrown) {
    signal.throwIfAborted();
    // Not installed, not Linux, too slow: the verdict does without.
    if (thrown instanceof Error) return undefined;
    throw thrown;
  }
};

/** What this machine offers in its SYN: what it does not offer cannot be missing in the answer. */
export interface Offered {
  readonly timestamps: boolean;
  readonly sack: boolean;
  readonly windowScaling: boolean;
}

async function readOffered(): Promise<Offered> {
  const [timestamps, sack, windowScaling] = await Promise.all(
    ["tcp_timestamps", "tcp_sack", "tcp_window_scaling"].map(async (name) => {
      const text = await readFile(`/proc/sys/net/ipv4/${name}`, "latin1");
      return text.trim() !== "0";
    }),
  );
  return { timestamps: timestamps === true, sack: sack === true, windowScaling: windowScaling === true };
}

/** @param text one line of `ss -tinoOH`, read before anything was received: the send window is the SYN-ACK's */
export function parseSocketInfo(text: string, offered: Offered): SocketInfo | undefined {
  const words = new Set(text.trim().split(/\s+/));
  const number = (name: string): number | undefined => {
    const found = new RegExp(`(?:^|\\s)${name}:(\\d+)`).exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const sendMss = number("mss");
  if (sendMss === undefined) return undefined;
  const hasTimestamps = words.has("ts");
  const window = number("snd_wnd");
  const windowScale = number("wscale");
  return {
    mss: sendMss + (hasTimestamps ? TIMESTAMP_BYTES : 0),
    ...(window !== undefined && { window }),
    ...(offered.timestamps && { hasTimestamps }),
    ...(offered.sack && { hasSack: words.has("sack") }),
    ...(offered.windowScaling && windowScale !== undefined && { windowScale }),
  };
}
