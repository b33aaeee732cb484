import { type FileHandle, open } from "node:fs/promises";

const NEWLINE = 0x0a;
const CHUNK = 64 * 1024;

/** Takes out what follows the last line's end.
 *  @returns how many bytes that were */
export async function repair(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const whole = await endOfLines(handle, size);
  if (whole === size) return 0;
  await handle.truncate(whole);
  await handle.datasync();
  return size - whole;
}

async function endOfLines(handle: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK);
    const chunk = Buffer.alloc(end - start);
    await handle.read(chunk, 0, chunk.length, start);
    const at = chunk.lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/** The lines of a file, last first, in bounded memory. */
export async function* linesBackwards(file: string): AsyncGenerator<string, void> {
  const handle = await open(file, "r");
  try {
    let { size: end } = await handle.stat();
    // Bytes of a line whose beginning is further in front.
    let rest = Buffer.alloc(0);
    while (end > 0) {
      const start = Math.max(0, end - CHUNK);
      const chunk = Buffer.alloc(end - start);
      await handle.read(chunk, 0, chunk.length, start);
      let text = Buffer.concat([chunk, rest]);
      for (let at = text.lastIndexOf(NEWLINE); at >= 0; at = text.lastIndexOf(NEWLINE)) {
        if (at + 1 < text.length) yield text.toString("utf8", at + 1);
        text = text.subarray(0, at);
      }
      rest = text;
      end = start;
    }
    if (rest.length > 0) yield rest.toString("utf8");
  } finally {
    await handle.close();
  }
}
