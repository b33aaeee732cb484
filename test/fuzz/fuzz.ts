import { isDeepStrictEqual } from "node:util";
import { DisconnectError } from "../../protocol-finger/src/wire/cotp.ts";
import { WireError } from "../../protocol-finger/src/wire/wire-error.ts";
import type { Coverage } from "./coverage.ts";
import { mutate } from "./mutate.ts";
import { pick, type Random } from "./random.ts";
import type { Finding, FuzzTarget } from "./target.ts";

export interface FuzzReport {
  readonly target: string;
  readonly executions: number;
  /** Inputs that reached code which none before had reached. */
  readonly corpus: number;
  readonly findings: readonly Finding[];
}

// Asking for the coverage costs as much as a hundred runs.
const BATCH = 64;
const MOST_CORPUS = 512;
const MOST_FINDINGS = 5;
/** A decoder may point at a byte that a short input does not have: as far beyond its end as a header is long. */
const OFFSET_BEYOND = 16;
/** One in so many inputs is run twice, among other neighbours. */
const ARENA_EVERY = 8;
const ARENA_MARGIN = 64;

/** Fuzz one target, led by coverage: what reaches new code is kept, and changed further.
 *  @param isOver asked after each batch, with the executions so far */
export async function fuzz(
  target: FuzzTarget,
  coverage: Coverage,
  random: Random,
  isOver: (executions: number) => boolean,
): Promise<FuzzReport> {
  const corpus: Buffer[] = [];
  const findings: Finding[] = [];
  let executions = 0;

  async function execute(bytes: Buffer): Promise<void> {
    executions += 1;
    const what =
      (await fault(target, bytes)) ?? (executions % ARENA_EVERY === 0 ? leak(target, bytes) : undefined);
    if (what !== undefined && findings.length < MOST_FINDINGS) {
      findings.push({ target: target.name, hex: bytes.toString("hex"), what });
    }
  }

  /** Which of the inputs of a batch reached new code can only be told one by one. */
  async function sift(inputs: readonly Buffer[]): Promise<void> {
    for (const bytes of inputs) {
      await execute(bytes);
      const ran = await coverage.news();
      if (ran === undefined) continue;
      coverage.keep(ran);
      if (corpus.length < MOST_CORPUS) corpus.push(bytes);
    }
  }

  await coverage.begin();
  await sift([Buffer.alloc(0), ...target.seeds]);
  const starts = target.seeds.length > 0 ? target.seeds : [Buffer.alloc(16)];
  while (!isOver(executions) && findings.length < MOST_FINDINGS) {
    const pool = [...starts, ...corpus];
    const batch = Array.from({ length: BATCH }, () => mutate(pick(random, pool), random, pool));
    for (const bytes of batch) await execute(bytes);
    if ((await coverage.news()) !== undefined) await sift(batch);
  }
  return { target: target.name, executions, corpus: corpus.length, findings };
}

/** What is wrong with how the target took these bytes. */
async function fault(target: FuzzTarget, bytes: Buffer): Promise<string | undefined> {
  try {
    await target.run(bytes);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof DisconnectError) return undefined;
    if (!(thrown instanceof WireError)) {
      return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    }
    const isInside =
      Number.isInteger(thrown.offset) && thrown.offset >= 0 && thrown.offset <= bytes.length + OFFSET_BEYOND;
    return isInside ? undefined : `offset ${thrown.offset} of ${bytes.length} bytes: ${thrown.message}`;
  }
}

/** Bytes that lie beside the input must make no difference. */
function leak(target: FuzzTarget, bytes: Buffer): string | undefined {
  const [zeros, ones] = [0x00, 0xff].map((filling) => {
    const arena = Buffer.alloc(bytes.length + 2 * ARENA_MARGIN, filling);
    arena.set(bytes, ARENA_MARGIN);
    return outcome(target, arena.subarray(ARENA_MARGIN, ARENA_MARGIN + bytes.length));
  });
  const isSame = zeros instanceof Promise || isDeepStrictEqual(zeros, ones);
  return isSame ? undefined : "the result depends on bytes outside of the input";
}

function outcome(target: FuzzTarget, bytes: Buffer): unknown {
  try {
    const result = target.run(bytes);
    // Its end is of no interest here: it was awaited before.
    if (result instanceof Promise) result.catch(() => undefined);
    return result;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : thrown;
  }
}
