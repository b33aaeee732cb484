import { existsSync, readFileSync } from "node:fs";

// sqlite.org/fileformat2.html, 4.1 and 4.2: all numbers big-endian.
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
const PAGE_SIZE_AT = 8;
const SALT_AT = 16;
const HEADER_SUM_AT = 24;
/** Pages of the database after this commit; 0 in all frames but the last of a commit. */
const COMMIT_AT = 4;
const FRAME_SALT_AT = 8;
const FRAME_SUM_AT = 16;

/** Whether the log that an unclean stop left behind misses a commit that was flushed: SQLite takes the log to end at the
 *  first frame whose checksum is wrong, and says nothing. Each commit is flushed before the next one is begun, so that a
 *  power cut can tear the last one only: a commit behind which there is more, and which cannot be read, was damaged.
 *  What nobody can tell: a last commit that was damaged from one that was torn, and a log whose end is gone.
 *  @param file the database, before it is opened */
export function missesCommits(file: string): boolean {
  const name = `${file}-wal`;
  const log = existsSync(name) ? readFileSync(name) : Buffer.alloc(0);
  if (log.length <= HEADER_BYTES) return false;
  const sum = createSum(log);
  sum.add(0, HEADER_SUM_AT);
  // A header lies in one sector, which is written as a whole or not at all.
  if ((log.readUInt32BE(0) & ~1) >>> 0 !== MAGIC || !sum.isAt(HEADER_SUM_AT)) return true;
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(PAGE_SIZE_AT);
  const frames = Math.floor((log.length - HEADER_BYTES) / frameBytes);
  const places = Array.from({ length: frames }, (_, i) => HEADER_BYTES + i * frameBytes);
  // A log is written from its beginning: what lies before one of its frames is its own, whatever a damaged salt says.
  const own = places.slice(0, places.findLastIndex((at) => isOfThisLog(log, at)) + 1);
  const broken = own.findIndex((at) => {
    sum.add(at, at + FRAME_SALT_AT);
    sum.add(at + FRAME_HEADER_BYTES, at + frameBytes);
    return !isOfThisLog(log, at) || !sum.isAt(at + FRAME_SUM_AT);
  });
  const isCommit = (at: number): boolean => log.readUInt32BE(at + COMMIT_AT) > 0;
  return broken >= 0 && own.slice(broken, -1).some(isCommit);
}

/** Frames of an earlier round of the log have other salts. */
const isOfThisLog = (log: Buffer, at: number): boolean =>
  log.compare(log, SALT_AT, SALT_AT + 8, at + FRAME_SALT_AT, at + FRAME_SALT_AT + 8) === 0;

/** The running checksum of a log; its words are of the byte order that the header names. */
function createSum(log: Buffer) {
  const isBigEndian = (log.readUInt32BE(0) & 1) === 1;
  const word = (at: number): number => (isBigEndian ? log.readUInt32BE(at) : log.readUInt32LE(at));
  let [one, two] = [0, 0];
  return {
    add(from: number, to: number): void {
      for (let at = from; at < to; at += 8) {
        one = (one + word(at) + two) >>> 0;
        two = (two + word(at + 4) + one) >>> 0;
      }
    },
    isAt: (at: number): boolean => log.readUInt32BE(at) === one && log.readUInt32BE(at + 4) === two,
  };
}
