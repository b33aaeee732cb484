import { once } from "node:events";
import { connect } from "node:net";
import { cutTpkt } from "./s7-frames.ts";

/** What came of some bytes sent: a TPKT, in hex, or how the connection ended, or nothing in the time given. */
export type RawAnswer = string | "fin" | "reset" | "silence";

/** A connection that sends bytes as they are written in a capture. */
export interface RawLine {
  /** Sends the bytes (blanks in the hex are left out) and waits for one TPKT. */
  ask(hex: string, patienceMs?: number): Promise<RawAnswer>;
  /** Waits for one more TPKT. */
  next(patienceMs?: number): Promise<RawAnswer>;
  close(): void;
}

const PATIENCE_MS = 5_000;

export async function openRawLine(port: number): Promise<RawLine> {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  let bytes: Buffer = Buffer.alloc(0);
  let end: "fin" | "reset" | undefined;
  let wake = (): void => undefined;
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  });
  socket.on("end", () => {
    end = "fin";
    wake();
  });
  await once(socket, "connect");
  socket.on("error", () => {
    end = "reset";
    wake();
  });

  function take(): RawAnswer | undefined {
    const cut = cutTpkt(bytes);
    if (cut === "more") return end;
    const frame = cut === "garbage" ? bytes : cut.frame;
    bytes = cut === "garbage" ? Buffer.alloc(0) : cut.rest;
    return frame.toString("hex");
  }

  async function next(patienceMs = PATIENCE_MS): Promise<RawAnswer> {
    for (const deadline = performance.now() + patienceMs; ; ) {
      const answer = take();
      if (answer !== undefined) return answer;
      const left = deadline - performance.now();
      if (left <= 0) return "silence";
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  return {
    ask(hex, patienceMs) {
      socket.write(Buffer.from(hex.replaceAll(" ", ""), "hex"));
      return next(patienceMs);
    },
    next,
    close: () => socket.destroy(),
  };
}

/** Frames of the captures. */
export const FRAMES = {
  /** OP connection, rack 0, slot 2, as nmap's s7-info orders the parameters. */
  connect: (destination: string): string => `03000016 11e00000001400 c1020100 c202${destination} c0010a`,
  setup: "03000019 02f080 3201000000000008 0000 f00000010001 01e0",
  readList: (id: string, index: string): string =>
    `03000021 02f080 320700000100000800080001120411440100ff090004${id}${index}`,
} as const;
