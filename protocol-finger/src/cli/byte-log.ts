import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { FingerError } from "../finger-error.ts";
import type { ByteEntry } from "../probes/byte-entry.ts";

/** Every byte that went over the wire, one JSON object a line. */
export interface ByteLog {
  write(entry: ByteEntry): void;
  /** @throws FingerError OPTION_INVALID where the file could not be written in full */
  close(): Promise<void>;
}

export function openByteLog(file: string): ByteLog {
  const stream = createWriteStream(file, { flags: "a" });
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure = error;
  });
  return {
    write({ atUs, host, port, protocol, direction, rule, bytes }) {
      const at = new Date(atUs / 1000).toISOString();
      const hex = bytes.toString("hex");
      stream.write(`${JSON.stringify({ at, host, port, protocol, direction, rule, bytes: hex })}\n`);
    },
    async close() {
      stream.end();
      if (!stream.closed) await once(stream, "close");
      if (failure !== undefined) {
        throw new FingerError("OPTION_INVALID", `the log of bytes cannot be written to ${file}`, {
          cause: failure,
        });
      }
    },
  };
}
