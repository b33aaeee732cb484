import { unreachable } from "../../edge-agent/src/core/errors.ts";
import { below, pick, type Random } from "../fuzz/random.ts";
import type { Op } from "./trace.ts";

/** A disk as POSIX promises it and no better: what was written is there for good once its file was flushed, a name once
 *  its folder was; before that a power cut may take it, keep it, or keep some of its sectors. */
export interface Disk {
  apply(op: Op): void;
  /** What is found after a power cut at this moment, by name. */
  crash(random: Random, survival: Survival): ReadonlyMap<string, Buffer>;
}

/** What becomes of writes that were not flushed. */
export const SURVIVALS = ["nothing", "everything", "beginning", "writes", "sectors"] as const;
export type Survival = (typeof SURVIVALS)[number];

/** What a disk writes as a whole or not at all. */
const SECTOR = 512;

type Change = Extract<Op, { kind: "truncate" | "write" }>;
type NameChange = { readonly name: string; readonly file: File | undefined };

interface File {
  safe: Buffer;
  pending: Change[];
}

export function createDisk(): Disk {
  let safeNames = new Map<string, File>();
  let names = new Map<string, File>();
  let pendingNames: NameChange[] = [];

  function rename(changes: readonly NameChange[]): void {
    pendingNames.push(...changes);
    names = renamed(names, changes);
  }

  function fileOf(name: string): File {
    const file = names.get(name);
    if (file === undefined) throw new RangeError(`the record writes to "${name}", which it never made`);
    return file;
  }

  function sync(name: string): void {
    if (name === "") {
      safeNames = renamed(safeNames, pendingNames);
      pendingNames = [];
      return;
    }
    const file = fileOf(name);
    file.safe = changed(file.safe, file.pending);
    file.pending = [];
  }

  return {
    apply(op) {
      switch (op.kind) {
        case "create":
          if (!names.has(op.file)) rename([{ name: op.file, file: { safe: Buffer.alloc(0), pending: [] } }]);
          return;
        case "write":
        case "truncate":
          fileOf(op.file).pending.push(op);
          return;
        case "sync":
          return sync(op.file);
        case "unlink":
          return rename([{ name: op.file, file: undefined }]);
        case "rename":
          return rename([
            { name: op.to, file: fileOf(op.file) },
            { name: op.file, file: undefined },
          ]);
        case "say":
          return;
        default:
          return unreachable(op);
      }
    },
    crash(random, survival) {
      // A file system keeps the order of its names: what is lost of them is their end.
      const kept = survival === "nothing" ? 0 : survival === "everything" ? pendingNames.length : undefined;
      const found = renamed(safeNames, pendingNames.slice(0, kept ?? below(random, pendingNames.length + 1)));
      return new Map([...found].map(([name, file]) => [name, survivorOf(file, random, survival)]));
    },
  };
}

function renamed(from: ReadonlyMap<string, File>, changes: readonly NameChange[]): Map<string, File> {
  const names = new Map(from);
  for (const { name, file } of changes) {
    if (file === undefined) names.delete(name);
    else names.set(name, file);
  }
  return names;
}

/** A copy with all of the changes; zeros where nothing was ever written. */
function changed(bytes: Buffer, changes: readonly Change[]): Buffer {
  const room = Buffer.alloc(Math.max(bytes.length, ...changes.map(endOf)));
  bytes.copy(room);
  let size = bytes.length;
  for (const change of changes) {
    if (change.kind === "write") change.bytes.copy(room, change.offset);
    else room.fill(0, change.size);
    size = change.kind === "write" ? Math.max(size, endOf(change)) : change.size;
  }
  return room.subarray(0, size);
}

const endOf = (change: Change): number =>
  change.kind === "write" ? change.offset + change.bytes.length : change.size;

function survivorOf(file: File, random: Random, survival: Survival): Buffer {
  return changed(file.safe, survivors(file.pending, random, survival));
}

function survivors(pending: readonly Change[], random: Random, survival: Survival): Change[] {
  switch (survival) {
    case "nothing":
      return [];
    case "everything":
      return [...pending];
    case "beginning": {
      const whole = pending.slice(0, below(random, pending.length + 1));
      const torn = pending[whole.length];
      return torn === undefined ? whole : [...whole, ...sectorsOf(torn).slice(0, below(random, 17))];
    }
    case "writes":
      return pending.filter(() => random() < 0.5);
    case "sectors": {
      const share = pick(random, [0.1, 0.5, 0.9]);
      return pending.flatMap(sectorsOf).filter(() => random() < share);
    }
    default:
      return unreachable(survival);
  }
}

/** A write as the sectors of the disk that it falls into. */
function sectorsOf(change: Change): Change[] {
  if (change.kind === "truncate") return [change];
  const parts: Change[] = [];
  const end = change.offset + change.bytes.length;
  for (let from = change.offset; from < end; ) {
    const to = Math.min(end, (Math.floor(from / SECTOR) + 1) * SECTOR);
    parts.push({
      ...change,
      offset: from,
      bytes: change.bytes.subarray(from - change.offset, to - change.offset),
    });
    from = to;
  }
  return parts;
}
