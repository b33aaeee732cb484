/** What a process did to the files of one folder, and what it said meanwhile, in the order in which the kernel saw it. */
export type Op =
  | { readonly kind: "create"; readonly file: string }
  | { readonly kind: "write"; readonly file: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly file: string; readonly size: number }
  /** Of a file, or of the folder itself: then `file` is "". */
  | { readonly kind: "sync"; readonly file: string }
  | { readonly kind: "unlink"; readonly file: string }
  | { readonly kind: "rename"; readonly file: string; readonly to: string }
  /** Written to standard output. */
  | { readonly kind: "say"; readonly text: string };

/** The calls that can change a file or its folder. One that is not understood below ends the parsing: a hole in the
 *  record would prove nothing. */
const CALLS = [
  "open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,ftruncate,truncate",
  "fallocate,unlink,unlinkat,rename,renameat,renameat2,link,linkat,copy_file_range,sendfile",
].join(",");

/** The command line that runs a command and records it. strace is one package on every Debian, needs no compiler on the
 *  machine that tests, hands out what is written with each call, and injects faults by the same door. */
export const recorded = (log: string, command: readonly string[]): string[] => [
  ...["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "16777216"],
  ...["-e", `trace=?${CALLS.replaceAll(",", ",?")}`, "-e", "signal=none", "-o", log, ...command],
];

interface Call {
  readonly name: string;
  readonly text: string;
}

/** @param log as `recorded` wrote it
 *  @param folder absolute, without symbolic links
 *  @throws Error on a call that changes a file of the folder in a way that is not known here */
export function parseTrace(log: string, folder: string): Op[] {
  const begun = new Map<string, Call>();
  return log.split("\n").flatMap((line) => {
    const call = /^(\d+) +(?:<\.\.\. )?(\w+)/.exec(line);
    const [, thread = "", name = ""] = call ?? [];
    if (name === "") return [];
    if (line.includes("<... ")) {
      const first = begun.get(thread);
      begun.delete(thread);
      // Bytes count from when they were handed over; a flush only from when it was over.
      return first === undefined || isWrite(name)
        ? []
        : opsOf({ name, text: first.text }, resultOf(line), folder);
    }
    const text = line.slice(line.indexOf("(") + 1);
    if (!line.endsWith("<unfinished ...>")) return opsOf({ name, text }, resultOf(line), folder);
    begun.set(thread, { name, text });
    return isWrite(name) ? opsOf({ name, text }, 0, folder) : [];
  });
}

const isWrite = (name: string): boolean => /write/.test(name);

/** The number that a call gave back; negative where it failed. */
const resultOf = (line: string): number => Number(/\) += (-?\d+)[^=]*$/.exec(line.slice(-500))?.[1] ?? -1);

const unhex = (text: string): Buffer => Buffer.from(text.replaceAll("\\x", ""), "hex");

/** Texts in quotes, in order. */
const quoted = (text: string): Buffer[] =>
  [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) => unhex(hex));

function opsOf({ name, text }: Call, result: number, folder: string): Op[] {
  if (result < 0) return [];
  const descriptor = Number(/^\d+/.exec(text)?.[0] ?? -1);
  const target = nameIn(folder, unhex(/^\w+<([^>]*)>/.exec(text)?.[1] ?? "").toString());
  if (name === "write" && descriptor === 1) return [{ kind: "say", text: String(quoted(text)[0] ?? "") }];
  if (/^(unlink|rename|open|creat)/.test(name)) return pathOps(name, text, folder);
  if (target === undefined) return [];
  if (name === "fsync" || name === "fdatasync") return [{ kind: "sync", file: target }];
  if (name === "pwrite64") {
    const offset = Number(/, (\d+)(?:\)| <)[^"]*$/.exec(text.slice(-200))?.[1] ?? Number.NaN);
    return [{ kind: "write", file: target, offset, bytes: quoted(text)[0] ?? Buffer.alloc(0) }];
  }
  if (name === "ftruncate") {
    return [{ kind: "truncate", file: target, size: Number(/, (\d+)/.exec(text)?.[1] ?? Number.NaN) }];
  }
  throw new Error(`the record holds a call that is not understood: ${name}(${text.slice(0, 200)}`);
}

function pathOps(name: string, text: string, folder: string): Op[] {
  // Whoever only reads cannot change anything.
  if (name.startsWith("open") && !/O_(CREAT|TRUNC)/.test(text)) return [];
  const [file, to] = quoted(text).map((path) => nameIn(folder, absolute(String(path))));
  if (file === undefined && to === undefined) return [];
  if (name.startsWith("rename") && file !== undefined && to !== undefined)
    return [{ kind: "rename", file, to }];
  if (name.startsWith("unlink") && file !== undefined) return [{ kind: "unlink", file }];
  if (/^(open|creat)/.test(name) && file !== undefined) {
    return [
      ...(text.includes("O_CREAT") ? [{ kind: "create", file } as const] : []),
      ...(text.includes("O_TRUNC") ? [{ kind: "truncate", file, size: 0 } as const] : []),
    ];
  }
  throw new Error(`the record holds a call that is not understood: ${name}(${text.slice(0, 200)}`);
}

/** @throws RangeError on a relative path: a record does not say from where */
function absolute(path: string): string {
  if (!path.startsWith("/")) throw new RangeError(`the record holds a relative path: ${path}`);
  return path;
}

/** "" for the folder itself; undefined for what is not in it. */
function nameIn(folder: string, path: string): string | undefined {
  if (path === folder) return "";
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}
