import { readFile } from "node:fs/promises";

// Real PDUs stand in the tests beside the decoders, as texts of hexadecimal digits; blanks may part them.
const HEX = /["'`]((?:\s*[0-9a-fA-F]{2}){4,}\s*)["'`]/g;
const MOST_SEEDS = 16;

/** Bytes written out in a file, longest first; none where there is no such file. */
export async function hexIn(file: string): Promise<readonly Buffer[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return [];
    throw thrown;
  }
  const found = [...text.matchAll(HEX)].map(([, digits = ""]) =>
    Buffer.from(digits.replaceAll(/\s/g, ""), "hex"),
  );
  return found.sort((a, b) => b.length - a.length).slice(0, MOST_SEEDS);
}
