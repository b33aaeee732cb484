import { Session } from "node:inspector/promises";

/** Which code ran, as V8 counts it. */
export interface Coverage {
  /** Forget what is known: what runs for the next target is news again. */
  begin(): Promise<void>;
  /** What ran since the last call, if any of it is news. */
  news(): Promise<Ran | undefined>;
  /** Remember what ran: it is no news from now on. */
  keep(ran: Ran): void;
  /** Characters of source that ran for any target. */
  readonly characters: number;
  stop(): Promise<void>;
}

/** Of each function that ran: its characters, 1 where they did. */
export type Ran = ReadonlyMap<string, Uint8Array>;

/** @param pattern part of the URL of the files that count */
export async function startCoverage(pattern: RegExp): Promise<Coverage> {
  const session = new Session();
  const ever = new Map<string, Uint8Array>();
  let kept = new Map<string, Uint8Array>();
  session.connect();
  await session.post("Profiler.enable");
  // Counts, although only zero and not zero matter: without them V8 tells of some functions only once.
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

  async function take(): Promise<Ran> {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const ran = new Map<string, Uint8Array>();
    for (const { url, functions } of result.filter((script) => pattern.test(script.url))) {
      for (const { ranges } of functions) mark(ran, url, ranges);
    }
    return ran;
  }

  return {
    async begin() {
      kept = new Map();
      await take();
    },
    async news() {
      const ran = await take();
      const isNew = [...ran].some(([key, marks]) => {
        const known = kept.get(key);
        return marks.some((one, i) => one > (known?.[i] ?? 0));
      });
      return isNew ? ran : undefined;
    },
    keep(ran) {
      merge(kept, ran);
      merge(ever, ran);
    },
    get characters() {
      let sum = 0;
      for (const marks of ever.values()) for (const one of marks) sum += one;
      return sum;
    },
    async stop() {
      await session.post("Profiler.stopPreciseCoverage");
      session.disconnect();
    },
  };
}

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** @param ranges of one function: outer ones before inner ones */
function mark(ran: Map<string, Uint8Array>, url: string, ranges: readonly Range[]): void {
  const [whole] = ranges;
  if (whole === undefined || whole.count === 0) return;
  const first = whole.startOffset;
  const marks = new Uint8Array(whole.endOffset - first);
  for (const { startOffset, endOffset, count } of ranges) {
    marks.fill(count > 0 ? 1 : 0, startOffset - first, endOffset - first);
  }
  ran.set(`${url}:${first}`, marks);
}

function merge(into: Map<string, Uint8Array>, ran: Ran): void {
  for (const [key, marks] of ran) {
    const known = into.get(key);
    if (known === undefined) into.set(key, marks.slice());
    else for (let i = 0; i < marks.length; i += 1) known[i] = Math.max(known[i] ?? 0, marks[i] ?? 0);
  }
}
