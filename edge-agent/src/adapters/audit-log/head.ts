import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";

/** The newest entry, kept beside the log: without it nobody could tell that the last lines were cut off. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

const shape = z.strictObject({ sequence: z.int().min(0), hash: z.string() });

export const headFile = (file: string): string => `${file}.head`;

/** Undefined where there is none, or where it is no head. */
export async function readHead(file: string): Promise<Head | undefined> {
  try {
    return shape.parse(JSON.parse(await readFile(headFile(file), "utf8")));
  } catch (thrown) {
    if (isMissing(thrown) || thrown instanceof SyntaxError || thrown instanceof z.ZodError) return undefined;
    throw thrown;
  }
}

export const writeHead = (file: string, { sequence, hash }: Head): Promise<void> =>
  writeFileAtomic(headFile(file), `${JSON.stringify({ sequence, hash })}\n`, { mode: 0o600 });

export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
