import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type FileName, parseFileName } from "../../adapters/file-sink/file-name.ts";
import { SUM_ENDING } from "../../adapters/file-sink/finish.ts";
import { EdgeError } from "../../core/errors.ts";

export interface PlannedFile {
  readonly path: string;
  readonly name: FileName;
}

/** Finished files of a file sink, in the order in which they were written. Folders stand for what is in them; check sums
 *  that a shell's "*" brought along are left out.
 *  @throws EdgeError for what is no such file, and for one that is missing between two others */
export async function planImport(
  paths: readonly string[],
  { allowMissing }: { readonly allowMissing: boolean },
): Promise<readonly PlannedFile[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  files.sort((a, b) => order(a.name, b.name));
  if (!allowMissing) expectChain(files);
  return files;
}

async function filesOf(path: string): Promise<PlannedFile[]> {
  if (path.endsWith(SUM_ENDING)) return [];
  if (await isFolder(path)) {
    return (await readdir(path)).flatMap((file) => {
      const name = parseFileName(file);
      return name === undefined ? [] : [{ path: join(path, file), name }];
    });
  }
  const name = parseFileName(basename(path));
  if (name !== undefined) return [{ path, name }];
  throw new EdgeError(
    "DATA_INVALID",
    `${path} is no finished file of a file sink: its name must tell its node, stream, epoch and batches`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new EdgeError("DATA_INVALID", `${path} cannot be read; check the name and its mode`, { cause });
  }
}

const order = (a: FileName, b: FileName): number =>
  a.committedUs - b.committedUs || (a.node < b.node ? -1 : Number(a.node > b.node)) || a.first - b.first;

/** A receiver that counts batches takes none that comes after a later one: what is missing now could not follow. */
function expectChain(files: readonly PlannedFile[]): void {
  const newest = new Map<string, PlannedFile>();
  for (const file of files) {
    const { node, epoch, stream, first } = file.name;
    const key = `${stream} ${epoch} ${node}`;
    const before = newest.get(key);
    if (before !== undefined && first > before.name.last + 1) {
      throw new EdgeError(
        "DATA_INVALID",
        `a file is missing between ${before.path} and ${file.path}: batches ${before.name.last + 1} to ${first - 1} ` +
          `of ${node}'s ${stream}; import them together, or say --allow-missing if they are lost`,
      );
    }
    if (before === undefined || file.name.last > before.name.last) newest.set(key, file);
  }
}
