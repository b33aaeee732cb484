import { readdir } from "node:fs/promises";
import { createPduJoiner } from "../../protocol-finger/src/wire/cotp.ts";
import { connectCursor } from "../../protocol-finger/src/wire/cotp-connect.ts";
import { type Cursor, createCursor } from "../../protocol-finger/src/wire/cursor.ts";
import { createAduCutter } from "../../protocol-finger/src/wire/mbap.ts";
import { decodeException } from "../../protocol-finger/src/wire/modbus-identity.ts";
import {
  bitsOf,
  bytesOf,
  decodeModbusReply,
  MODBUS_TABLES,
} from "../../protocol-finger/src/wire/modbus-pdu.ts";
import { guidText, readList, readText } from "../../protocol-finger/src/wire/opcua-binary.ts";
import {
  buildReadJob,
  type ReadItem,
  type RefusedItem,
  takeReadAnswer,
} from "../../protocol-finger/src/wire/s7-read.ts";
import { createSzlJoin } from "../../protocol-finger/src/wire/s7-szl-join.ts";
import { decodeSzlList } from "../../protocol-finger/src/wire/s7-szl-list.ts";
import { createPacketCutter } from "../../protocol-finger/src/wire/tpkt.ts";
import { hexIn } from "./seeds.ts";
import type { FuzzTarget } from "./target.ts";

const SRC = new URL("../../protocol-finger/src/", import.meta.url);
const WIRE = new URL("wire/", SRC);

type Take = (bytes: Buffer) => unknown;

/** How to feed bytes to what takes more than bytes. By name of the export. */
const SPECIAL: Readonly<Record<string, Take>> = {
  createAduCutter: (bytes) => inChunks(bytes, createAduCutter().push),
  createPacketCutter: (bytes) => inChunks(bytes, createPacketCutter(247).push),
  createPduJoiner: (bytes) => inChunks(bytes, createPduJoiner(240).push),
  createSzlJoin(bytes) {
    const join = createSzlJoin(0x0011, 0);
    return [join.take(bytes), join.partial(), join.take(bytes), join.partial()];
  },
  connectCursor: (bytes) => connectCursor(bytes).at,
  decodeException: (bytes) => decodeException(bytes, 3),
  decodeModbusReply: (bytes) =>
    MODBUS_TABLES.map((table) =>
      attempt(() => decodeModbusReply({ kind: "read", table, start: 7, count: 3 }, bytes)),
    ),
  bitsOf: (bytes) => bitsOf(bytes, 8 * bytes.length),
  bytesOf: (bytes) => bytesOf("coil", bytes.length),
  // Its callers cut out 16 bytes.
  guidText: (bytes) => guidText(padded(bytes, 16)),
  readList: (bytes) => readList(createCursor(bytes), "a list", (each) => readText(each, "a text")),
  takeReadAnswer(bytes) {
    const items: ReadItem[] = [4, 3, 2].map((length, i) => ({
      area: "DB",
      db: 1,
      start: 8 * i,
      length,
      image: 8 * i,
    }));
    const image = Buffer.alloc(24);
    const refused: RefusedItem[] = [];
    // Its caller has looked at the header.
    attempt(() => takeReadAnswer(padded(bytes, 14), buildReadJob(items), image, refused));
    return [image, refused];
  },
};

/** What is given a list that was decoded before. */
const OF_LISTS = [
  "communicationLimits",
  "componentNames",
  "consistentBytes",
  "cpuState",
  "moduleIdentity",
  "protection",
];

/** Exports that take no bytes of a peer. */
const NO_DECODERS =
  /^(encode|build|number|DisconnectError$|WireError$|createCursor$|functionOf$|isBad$|isBitTable$|readReplyBytes$|sizeOf$|statusName$|timeTicks$)/;
const OF_BYTES =
  /^(decode|answerNumber$|cText$|crc$|isFastAcknowledge$|joinAnswer$|plainText$|registersOf$|requestKind$)|Length$/;
const OF_CURSORS = /^(read|skip|take)[A-Z]/;

export interface WireTargets {
  readonly targets: readonly FuzzTarget[];
  /** Exports of wire/ that nobody said how to feed: each is either a decoder without a target, or no decoder. */
  readonly unknown: readonly string[];
}

/** A target for every decoder that stands in wire/, found by looking at what the files there export. */
export async function wireTargets(): Promise<WireTargets> {
  const targets: FuzzTarget[] = [];
  const unknown: string[] = [];
  const files = (await readdir(WIRE)).filter((file) => /^[a-z0-9-]+\.ts$/.test(file) && file !== "index.ts");
  for (const file of files) {
    const module: Readonly<Record<string, unknown>> = await import(new URL(file, WIRE).href);
    const seeds = await seedsOf(file.replace(".ts", ""));
    for (const [name, value] of Object.entries(module)) {
      if (typeof value !== "function" || NO_DECODERS.test(name)) continue;
      const run = takerOf(name, value as (...given: readonly unknown[]) => unknown);
      if (run === undefined) unknown.push(`${file}: ${name}`);
      else targets.push({ name, seeds, run });
    }
  }
  return { targets, unknown };
}

function takerOf(name: string, decode: (...given: readonly unknown[]) => unknown): Take | undefined {
  const special = SPECIAL[name];
  if (special !== undefined) return special;
  if (OF_LISTS.includes(name)) return (bytes) => decode(decodeSzlList(bytes));
  if (OF_BYTES.test(name) && decode.length === 1) return (bytes) => decode(bytes);
  if (OF_CURSORS.test(name))
    return (bytes) => rest(createCursor(bytes), (cursor) => decode(cursor, "a field"));
  return undefined;
}

/** With where the cursor stands at the end. */
const rest = (cursor: Cursor, read: (cursor: Cursor) => unknown): unknown => [read(cursor), cursor.at];

/** Real bytes stand in the tests: of the file itself, of its protocol's probe, and of what they share. */
async function seedsOf(module: string): Promise<readonly Buffer[]> {
  const protocol = module.split("-")[0] ?? module;
  const files = [`wire/${module}.test.ts`, `probes/${protocol}.test.ts`, `wire/serve-${module}.test.ts`];
  const found = await Promise.all(files.map((file) => hexIn(new URL(file, SRC).pathname)));
  return found.flat();
}

/** First byte by byte, then in two halves: streams are cut anywhere. */
function inChunks(bytes: Buffer, push: (chunk: Buffer, take: (part: unknown) => void) => void): unknown[] {
  const taken: unknown[] = [];
  const keep = (part: unknown): void => void taken.push(Buffer.isBuffer(part) ? part.toString("hex") : part);
  const half = bytes.length >> 1;
  for (let at = 0; at < half; at += 1) push(bytes.subarray(at, at + 1), keep);
  push(bytes.subarray(half), keep);
  return taken;
}

const padded = (bytes: Buffer, least: number): Buffer =>
  bytes.length >= least ? bytes : Buffer.concat([bytes, Buffer.alloc(least - bytes.length)]);

/** A WireError as an ordinary result. */
function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === "WireError") return thrown.message;
    throw thrown;
  }
}
