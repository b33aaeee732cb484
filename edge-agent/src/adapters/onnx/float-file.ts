import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { describeError, EdgeError } from "../../core/errors.ts";

/** Values in a file of numbers, little-endian as every machine is that this runs on. */
export const span = z.looseObject({ offset: z.int().nonnegative(), count: z.int().positive() });

type Span = z.infer<typeof span>;

/** Where values are kept: @throws EdgeError MODEL_CONTRACT where a span leaves the file. */
export type ReadSpan<T> = (of: Span, what: string) => T;

/** Reads and parses a golden file of a package.
 *  @throws EdgeError MODEL_CONTRACT */
export async function readGolden<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause);
    throw new EdgeError("MODEL_CONTRACT", `${path} cannot be used: ${detail}`, { cause });
  }
}

export async function openFloats(folder: string, file: string): Promise<ReadSpan<Float32Array>> {
  const bytes = await readBytes(folder, file);
  const values = new Float32Array(bytes, 0, Math.floor(bytes.byteLength / 4));
  return (of, what) => values.subarray(of.offset, end(of, values.length, file, what));
}

export async function openInt16s(folder: string, file: string): Promise<ReadSpan<Int16Array>> {
  const bytes = await readBytes(folder, file);
  const values = new Int16Array(bytes, 0, Math.floor(bytes.byteLength / 2));
  return (of, what) => values.subarray(of.offset, end(of, values.length, file, what));
}

/** The files lie beside the JSON that names them, nowhere else. */
async function readBytes(folder: string, file: string): Promise<ArrayBuffer> {
  const path = join(folder, basename(file));
  try {
    const bytes = await readFile(path);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  } catch (cause) {
    throw new EdgeError("MODEL_CONTRACT", `${path} cannot be read; fetch the model again`, { cause });
  }
}

function end({ offset, count }: Span, length: number, file: string, what: string): number {
  if (offset + count <= length) return offset + count;
  throw new EdgeError(
    "MODEL_CONTRACT",
    `${what}: values ${offset} to ${offset + count} are beyond the ${length} of ${file}`,
  );
}
