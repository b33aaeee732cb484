import { readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { ModelError } from "../errors.ts";
import { MANIFEST_FILE } from "../package/manifest.ts";
import { listFolder, sha256OfBytes } from "../package/package-folder.ts";
import { SIGNATURE_FILE } from "../signing/model-signature.ts";

export interface PackageFile {
  readonly path: string;
  readonly role: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What a file of that name is for, where the manifest does not say it; as models/pipeline writes them. */
const ROLES: readonly (readonly [RegExp, string])[] = [
  [/^[^/]+\.onnx$/, "graph"],
  [/^head\.bin$/, "head"],
  [/^golden\/vectors\.[a-z0-9]+$/, "golden-vectors"],
  [/^golden\/labelled\.[a-z0-9]+$/, "golden-labelled"],
  [/^CARD\.md$/, "card"],
];

const UNLISTED = new Set([MANIFEST_FILE, SIGNATURE_FILE]);

/** Every file of a folder with role, size and digest; the order is the manifest's, new ones last.
 *  @param known roles by path, from the manifest
 *  @throws ModelError MODEL_MISSING, MODEL_CONTRACT for what a package cannot hold */
export async function packageFiles(
  folder: string,
  known: ReadonlyMap<string, string>,
): Promise<readonly PackageFile[]> {
  const order = [...known.keys()];
  const placeOf = (path: string) => (known.has(path) ? order.indexOf(path) : order.length);
  const paths = (await pathsIn(folder)).sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  const gone = order.filter((path) => !paths.includes(path));
  if (gone.length > 0) {
    throw new ModelError(
      "MODEL_MISSING",
      `${folder} lacks ${gone.join(", ")}, which its manifest lists; make it again`,
    );
  }
  const contents = new Map<string, Buffer>();
  const files: PackageFile[] = [];
  for (const path of paths) {
    const content = await readFile(join(folder, path));
    contents.set(path, content);
    const role = known.get(path) ?? roleOf(path, folder);
    files.push({ path, role, sha256: sha256OfBytes(content), bytes: content.length });
  }
  checkGraph(files, contents, folder);
  checkGolden(files, contents, folder);
  return files;
}

async function pathsIn(folder: string): Promise<string[]> {
  const entries = await listFolder(folder);
  const odd = entries.find(({ kind }) => kind !== "file");
  if (odd === undefined) return entries.map(({ path }) => path).filter((path) => !UNLISTED.has(path));
  throw new ModelError(
    "MODEL_CONTRACT",
    `${folder}: ${odd.path} is a link or a device; a package holds plain files`,
  );
}

function roleOf(path: string, folder: string): string {
  const role = ROLES.find(([pattern]) => pattern.test(path))?.[1];
  if (role !== undefined) return role;
  throw new ModelError(
    "MODEL_CONTRACT",
    `${folder}: nobody knows what ${path} is for; remove it, or list it in manifest.json with its role`,
  );
}

/** One graph, and the head where the graph looks for it (ONNX external data). */
function checkGraph(
  files: readonly PackageFile[],
  contents: ReadonlyMap<string, Buffer>,
  folder: string,
): void {
  const graphs = files.filter(({ role }) => role === "graph");
  const [graph] = graphs;
  if (graph === undefined || graphs.length > 1) {
    throw new ModelError(
      "MODEL_CONTRACT",
      `${folder} holds ${graphs.length} graphs (*.onnx); a package has one`,
    );
  }
  for (const { path } of files.filter(({ role }) => role === "head")) {
    if (contents.get(graph.path)?.includes(path)) continue;
    throw new ModelError(
      "MODEL_CONTRACT",
      `${folder}: ${graph.path} does not refer to ${path}; export the graph again`,
    );
  }
  if (contents.get(graph.path)?.includes("head.bin") && !contents.has("head.bin")) {
    throw new ModelError("MODEL_MISSING", `${folder}: ${graph.path} looks for head.bin, which is not there`);
  }
}

/** The numbers of a golden set lie in files that its index names with their digest. */
function checkGolden(
  files: readonly PackageFile[],
  contents: ReadonlyMap<string, Buffer>,
  folder: string,
): void {
  for (const { path } of files) {
    if (!/^golden\/[^/]+\.json$/.test(path)) continue;
    for (const { file, sha256 } of namedIn(contents.get(path) ?? Buffer.alloc(0), `${folder}/${path}`)) {
      const wanted = posix.join(dirname(path), file);
      const found = files.find((entry) => entry.path === wanted);
      if (found?.sha256 === sha256) continue;
      throw new ModelError(
        found === undefined ? "MODEL_MISSING" : "MODEL_TAMPERED",
        `${folder}/${path} goes with other numbers than those in ${wanted}; make the golden set again`,
      );
    }
  }
}

function namedIn(json: Buffer, where: string): readonly { readonly file: string; readonly sha256: string }[] {
  let index: unknown;
  try {
    index = JSON.parse(json.toString("utf8"));
  } catch (cause) {
    throw new ModelError("MODEL_CONTRACT", `${where} is no JSON; make the golden set again`, { cause });
  }
  return Object.values(index ?? {}).filter(
    (value): value is { file: string; sha256: string } =>
      typeof value?.file === "string" && typeof value.sha256 === "string",
  );
}
