import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { below, pick, type Random, seededRandom } from "../fuzz/random.ts";
import { comeUpAgain } from "./come-up-again.ts";
import type { Line } from "./lines.ts";
import { flawless, judged, together, type Verdict } from "./oracle.ts";
import { openSession } from "./session.ts";
import { inMemory } from "./temporary.ts";

export interface Damage {
  readonly folder: string;
  readonly seed: number;
  readonly cases: number;
  /** A table whose first page alone is damaged, in the file that was closed in order; otherwise it is all of the files. */
  readonly table?: string;
}

/** The files of an outbox as they lay on the disk, and all that was said until then. */
interface Image {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly said: readonly Line[];
  /** Where in the log the last commit begins, with the page that ends the one before. */
  readonly lastCommitAt: number;
}

/** What may be damaged of a file. */
interface Place {
  readonly name: string;
  readonly from: number;
  readonly bytes: number;
}

const SINKS = ["historian", "broker"];
const FILE = "outbox.db";
const LOG = `${FILE}-wal`;
const PAGE_BYTES = 4096;
const FRAME_BYTES = 24 + PAGE_BYTES;

/** Flips bits in, overwrites and cuts the files of an outbox, opens them with the real one and delivers what is there. */
export async function proveDamage({ folder, seed, cases, table }: Damage): Promise<Verdict> {
  const random = seededRandom(seed);
  const place = join(folder, "sound");
  const [cut, closed] = await takeImages(place);
  const page = table === undefined ? undefined : firstPage(join(place, FILE), table);
  let sum: Verdict = flawless;
  for (let number = 0; number < cases; number += 1) {
    const image = page === undefined ? pick(random, [cut, closed]) : closed;
    const { name, bytes, how, from, isCut } = damaged(image, page ?? anyOf(image, random), random);
    const files = new Map(image.files).set(name, bytes);
    const verdict = await inMemory((place) =>
      judged(() => comeUpAgain(join(place, FILE), files, { said: image.said, sinks: SINKS, rounds: 2 })),
    );
    const isEnd =
      name === LOG &&
      (isCut || bytes.length < (image.files.get(LOG)?.length ?? 0) || from >= image.lastCommitAt);
    sum = together(sum, isEnd ? excused(verdict) : verdict, `seed ${seed}, case ${number}, ${name}: ${how}`);
  }
  return sum;
}

/** A log whose end is gone looks like one that ends there, and a last commit that was damaged like one that was torn: what
 *  is lost with them nobody can know. All else holds. */
const excused = (verdict: Verdict): Verdict => ({
  ...verdict,
  untold: 0,
  examples: verdict.examples.filter((text) => !text.startsWith("lost")),
});

/** The same outbox after a power cut, with its log, and closed in order. */
async function takeImages(folder: string): Promise<readonly [cut: Image, closed: Image]> {
  await mkdir(folder);
  const said: Line[] = [];
  const session = await openSession({
    file: join(folder, FILE),
    clock: createSystemClock(),
    sinks: SINKS,
    hear: (line) => void said.push(line),
    fromRound: 0,
  });
  for (let i = 0; i < 40; i += 1) {
    await session.put(1 + (i % 7));
    // One sink has some of it already.
    if (i === 12) await session.drain(5);
  }
  const before = (await filesOf(folder)).get(LOG)?.length ?? 0;
  await session.put(3);
  const cut = { files: await filesOf(folder), said: [...said], lastCommitAt: before - FRAME_BYTES };
  await session.close();
  const closed = { files: await filesOf(folder), said, lastCommitAt: 0 };
  return [cut, closed];
}

async function filesOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = await readdir(folder);
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name))] as const),
  );
  // An index of the log may lie there from some other tool; whatever it says, the log is what counts.
  const withIndex = names.includes(LOG) && !names.includes(`${FILE}-shm`);
  return new Map([...files, ...(withIndex ? [[`${FILE}-shm`, Buffer.alloc(32_768)] as const] : [])]);
}

function firstPage(file: string, table: string): Place {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const row = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table);
    const number = Number(row?.["rootpage"]);
    return { name: FILE, from: (number - 1) * PAGE_BYTES, bytes: PAGE_BYTES };
  } finally {
    db.close();
  }
}

function anyOf({ files }: Image, random: Random): Place {
  const [name, { length }] = pick(random, [...files]);
  return { name, from: 0, bytes: length };
}

interface Damaged {
  readonly name: string;
  readonly bytes: Buffer;
  readonly how: string;
  /** The first place that is another. */
  readonly from: number;
  /** Nothing whole follows. */
  readonly isCut?: boolean;
}

function damaged({ files }: Image, place: Place, random: Random): Damaged {
  const { name } = place;
  const bytes = Buffer.from(files.get(name) ?? []);
  const within = () => place.from + below(random, place.bytes);
  const at = within();
  switch (below(random, 5)) {
    case 0:
      return { name, bytes: bytes.subarray(0, at), how: `cut to ${at} bytes`, from: at };
    case 1: {
      const length = pick(random, [512, 4096, 8192]);
      const from = at - (at % length);
      const to = Math.min(bytes.length, from + length);
      bytes.fill(0, from, to);
      const isCut = to > bytes.length - FRAME_BYTES;
      return { name, bytes, how: `${length} zeros from ${from}`, from, isCut };
    }
    case 2: {
      const end = Math.min(bytes.length, at + 1 + below(random, 600));
      for (let i = at; i < end; i += 1) bytes[i] = below(random, 256);
      return { name, bytes, how: `noise from ${at} to ${end}`, from: at };
    }
    default: {
      const flips = pick(random, [1, 1, 1, 8]);
      const places = Array.from({ length: flips }, (_, i) => (i === 0 ? at : within()));
      for (const place of places) bytes[place] = (bytes[place] ?? 0) ^ (1 << below(random, 8));
      return { name, bytes, how: `bits flipped at ${places.join(", ")}`, from: Math.min(...places) };
    }
  }
}
