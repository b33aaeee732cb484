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
  const files = inOrder((await Promise.all(paths.map(filesOf))).flat());
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

/** The order in which files were written. Within an epoch the numbers of the batches tell it, whatever its clock did
 *  meanwhile; one epoch comes after another, and then whole, by the time at which it began. */
export function inOrder(files: readonly PlannedFile[]): readonly PlannedFile[] {
  const epochs = Map.groupBy(files, ({ name: { node, epoch } }) => `${epoch} ${node}`);
  const beginOf = (epoch: readonly PlannedFile[]): number => epoch[0]?.name.committedUs ?? 0;
  return [...epochs]
    .map(([key, epoch]) => ({ key, epoch: epoch.toSorted((a, b) => byNumber(a.name, b.name)) }))
    .sort((a, b) => beginOf(a.epoch) - beginOf(b.epoch) || (a.key < b.key ? -1 : 1))
    .flatMap(({ epoch }) => epoch);
}

const byNumber = (a: FileName, b: FileName): number => a.first - b.first || a.committedUs - b.committedUs;

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
