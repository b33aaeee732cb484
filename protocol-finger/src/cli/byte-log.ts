import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { FingerError } from "../finger-error.ts";
import type { ByteEntry } from "../probes/byte-entry.ts";

/** Every byte that went over the wire, one JSON object a line. */
export interface ByteLog {
  write(entry: ByteEntry): void;
  /** @throws FingerError FILE_UNWRITABLE where the file could not be written in full */
  close(): Promise<void>;
}

/** @throws FingerError OPTION_INVALID where the file cannot be opened: nothing shall be sent unlogged then */
export async function openByteLog(file: string): Promise<ByteLog> {
  const stream = createWriteStream(file, { flags: "a" });
  try {
    await once(stream, "open");
  } catch (cause) {
    const message = `${file} cannot be the log of bytes; name a file in a folder that can be written to`;
    throw new FingerError("OPTION_INVALID", message, { cause });
  }
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure = error;
  });
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  return {
    write({ atUs, host, port, protocol, direction, rule, bytes }) {
      const at = new Date(atUs / 1000).toISOString();
      const hex = bytes.toString("hex");
      stream.write(`${JSON.stringify({ at, host, port, protocol, direction, rule, bytes: hex })}\n`);
    },
    async close() {
      stream.end();
      await closed;
      if (failure === undefined) return;
      throw new FingerError(
        "FILE_UNWRITABLE",
        `the log of bytes in ${file} is not whole; free space, or name another file`,
        { cause: failure },
      );
    },
  };
}
