// A list instead of a database: what the outbox must do, written as plainly as it can be. For model.test.ts.
import { expect } from "vitest";
import type { DropCause, Gap, Stream } from "../../../core/outbox/outbound.ts";
import type { ReaderOptions } from "../../../ports/outbox.ts";
import type { Dropped, FileStatistics, FoundBatch } from "./messages.ts";

interface ModelBatch {
  readonly number: number;
  readonly epoch: string;
  readonly stream: Stream;
  readonly rows: number;
  /** What is in it, in words. Of gaps: their rows. */
  readonly content: string;
  readonly committedUs: number;
  readonly ranMs: number;
  isDamaged: boolean;
}

export interface Coming {
  readonly stream: Stream;
  readonly rows: number;
  readonly content: string;
}

interface ModelSink {
  readonly options: ReaderOptions;
  readonly open: Set<number>;
  /** Live first: what is history. */
  history: Set<number>;
  held: readonly number[];
  isBacklogHeld: boolean;
  isBacklogTurn: boolean;
  seenMs: number;
  /** It is read in this run. */
  isReader: boolean;
  /** It said so before it read. */
  isKnown: boolean;
}

const NEWS_MS = 10_000;
const LATE_MS = 1000;

export function createModel() {
  let batches: ModelBatch[] = [];
  let newest = 0;
  let runFrom = 0;
  const sinks = new Map<string, ModelSink>();
  const dropped = new Map<string, number>();

  const wants = (stream: Stream) =>
    sinks.size === 0 || [...sinks.values()].some(({ options }) => options.streams.includes(stream));

  const waiting = (batch: ModelBatch) =>
    [...sinks.values()].filter(
      ({ options, open }) => options.streams.includes(batch.stream) && open.has(batch.number),
    );

  /** Gone for all: no sink waits for it, and there are sinks. */
  function tidy(): void {
    if (sinks.size === 0) return;
    const isWanted = (batch: ModelBatch) =>
      [...sinks.values()].some(({ options }) => options.streams.includes(batch.stream));
    batches = batches.filter((batch) => !isWanted(batch) || waiting(batch).length > 0);
  }

  function add(batch: Omit<ModelBatch, "isDamaged" | "number">): void {
    newest += 1;
    const number = newest;
    batches.push({ ...batch, number, isDamaged: false });
    for (const sink of sinks.values()) sink.open.add(number);
  }

  function count(stream: Stream, cause: DropCause, rows: number): void {
    const key = `${stream} ${cause}`;
    dropped.set(key, (dropped.get(key) ?? 0) + rows);
  }

  /** @returns gaps: "stream cause rows" or "stream cause rows sink", one for each of these */
  function giveUp(gone: readonly ModelBatch[], cause: DropCause): string[] {
    const gaps = new Map<string, number>();
    for (const batch of gone) {
      const missing = waiting(batch);
      if (missing.length === 0 && sinks.size > 0 && wants(batch.stream)) continue;
      count(batch.stream, cause, batch.rows);
      const wanting = [...sinks.values()].filter(({ options }) => options.streams.includes(batch.stream));
      const names = missing.length === wanting.length ? [""] : missing.map(nameOf);
      for (const name of names) {
        const key = `${batch.stream} ${cause} ${name}`;
        gaps.set(key, (gaps.get(key) ?? 0) + batch.rows);
      }
    }
    batches = batches.filter((batch) => !gone.includes(batch));
    return [...gaps].map(([key, rows]) => `${key} ${rows}`);
  }

  const nameOf = (sink: ModelSink) => [...sinks].find(([, one]) => one === sink)?.[0] ?? "";

  const isHistory = (batch: ModelBatch, ranMs: number) =>
    batch.number <= runFrom || ranMs - batch.ranMs > NEWS_MS;

  /** The first of a list until they are so many rows, or until there is one between them that was confirmed before. */
  const upTo = ({ open }: ModelSink, list: readonly ModelBatch[], rows: number): ModelBatch[] => {
    const taken: ModelBatch[] = [];
    let sum = 0;
    for (const batch of list) {
      const from = taken.at(-1)?.number ?? batch.number;
      const isHole = Array.from({ length: batch.number - from }, (_, i) => from + i).some(
        (n) => !open.has(n),
      );
      if (isHole || (taken.length > 0 && sum + batch.rows > rows)) break;
      taken.push(batch);
      sum += batch.rows;
    }
    return taken;
  };

  function choose(sink: ModelSink, rows: number, ranMs: number): { list: ModelBatch[]; isBacklog: boolean } {
    const mine = batches.filter(
      ({ stream, number }) => sink.options.streams.includes(stream) && sink.open.has(number),
    );
    const again = mine.filter(({ number }) => sink.held.includes(number));
    if (again.length > 0) return { list: upTo(sink, again, rows), isBacklog: sink.isBacklogHeld };
    if (sink.options.lane === "in-order") {
      const [first] = mine;
      const isBacklog = first !== undefined && isHistory(first, ranMs);
      const end = mine.findIndex((batch) => isHistory(batch, ranMs) !== isBacklog);
      return { list: upTo(sink, end < 0 ? mine : mine.slice(0, end), rows), isBacklog };
    }
    return liveFirst(sink, mine, rows, ranMs);
  }

  function liveFirst(sink: ModelSink, mine: readonly ModelBatch[], rows: number, ranMs: number) {
    const isOld = ({ number }: ModelBatch) => sink.history.has(number);
    const oldest = mine.find((batch) => !isOld(batch));
    if (oldest !== undefined && isHistory(oldest, ranMs)) {
      for (let number = 1; number <= newest; number += 1) sink.history.add(number);
    }
    const news = upTo(
      sink,
      mine.filter((batch) => !isOld(batch)),
      rows,
    );
    const history = upTo(sink, mine.filter(isOld), rows);
    const [first] = news;
    const isLate = first !== undefined && ranMs - first.ranMs > LATE_MS;
    const isNews = history.length === 0 || (first !== undefined && (isLate || !sink.isBacklogTurn));
    return { list: isNews ? news : history, isBacklog: !isNews };
  }

  return {
    wants,
    add,
    register(name: string, options: ReaderOptions, ranMs: number) {
      const old = sinks.get(name);
      const open = old?.open ?? new Set(Array.from({ length: newest }, (_, i) => i + 1));
      sinks.set(name, {
        options,
        open,
        history: old?.history ?? new Set(),
        held: old?.held ?? [],
        isBacklogHeld: old?.isBacklogHeld ?? false,
        isBacklogTurn: old?.isBacklogTurn ?? false,
        seenMs: ranMs,
        isReader: true,
        isKnown: true,
      });
    },
    /** What the outbox says that it gave up for want of room: the oldest that may go, as many as it says; then, when nothing
     *  of that is left, some of what came. @returns gaps, and what of `coming` was refused */
    drop(list: readonly Dropped[], coming: readonly Coming[]): { gaps: string[]; refused: Set<Coming> } {
      const droppable = [
        ...batches.filter(({ stream }) => stream !== "alarms" && stream !== "gaps"),
        ...batches.filter(({ stream }) => stream === "gaps"),
      ].filter((batch) => sinks.size === 0 || !wants(batch.stream) || waiting(batch).length > 0);
      const gone: ModelBatch[] = [];
      const refused = new Set<Coming>();
      for (const { stream, rows } of list) {
        const [oldest] = droppable;
        if (oldest !== undefined) {
          droppable.shift();
          expect({ stream: oldest.stream, rows: oldest.rows }, "the oldest that may go").toEqual({
            stream,
            rows,
          });
          gone.push(oldest);
          continue;
        }
        const victim = coming.find((one) => one.stream === stream && one.rows === rows && !refused.has(one));
        if (victim === undefined) throw new TypeError(`nothing to refuse: ${rows} of ${stream}`);
        refused.add(victim);
        count(stream, list[0]?.cause ?? "full-bytes", rows);
      }
      const cause = list[0]?.cause ?? "full-bytes";
      const gaps = giveUp(gone, cause);
      for (const { stream, rows } of refused) gaps.push(`${stream} ${cause}  ${rows}`);
      return { gaps, refused };
    },
    /** What is too old goes; a sink that nobody reads any more is forgotten. */
    expire(limitMs: number): string[] {
      for (const [name, { seenMs, isReader }] of sinks) if (seenMs < limitMs && !isReader) sinks.delete(name);
      return giveUp(
        batches.filter(({ ranMs }) => ranMs < limitMs),
        "too-old",
      );
    },
    /** @returns gaps of damaged ones, which stood in the way */
    next(
      name: string,
      rows: number,
      ranMs: number,
    ): { found: ModelBatch[]; isBacklog: boolean; gaps: string[] } {
      const sink = sinks.get(name);
      if (sink === undefined) throw new TypeError(name);
      sink.isReader = true;
      const { list, isBacklog } = choose(sink, rows, ranMs);
      sink.held = list.map(({ number }) => number);
      sink.isBacklogHeld = isBacklog;
      const damaged = list.filter((batch) => batch.isDamaged);
      return { found: list, isBacklog, gaps: giveUp(damaged, "corrupt") };
    },
    confirm(name: string, numbers: readonly number[], ranMs: number) {
      const sink = sinks.get(name);
      if (sink === undefined) throw new TypeError(name);
      for (const number of numbers) sink.open.delete(number);
      sink.held = [];
      sink.isBacklogTurn = !sink.isBacklogTurn;
      sink.seenMs = ranMs;
      tidy();
    },
    get: (number: number): ModelBatch | undefined => batches.find((batch) => batch.number === number),
    has: (name: string): boolean => sinks.has(name),
    held: (name: string): readonly number[] => sinks.get(name)?.held ?? [],
    /** The file is opened anew. What was read and whose turn it was is known no more. */
    restart(isNewRun: boolean, ranMs = 0) {
      if (isNewRun) runFrom = newest;
      for (const sink of sinks.values()) {
        sink.held = [];
        sink.isBacklogTurn = false;
        sink.isKnown &&= !isNewRun;
        sink.isReader = sink.isKnown;
        if (sink.isKnown) sink.seenMs = ranMs;
      }
    },
    /** @param news where those of each sink begin */
    divide(news: ReadonlyMap<string, number>) {
      for (const [name, from] of news) {
        const sink = sinks.get(name);
        if (sink !== undefined) sink.history = new Set(Array.from({ length: from - 1 }, (_, i) => i + 1));
      }
    },
    damage(pick: number): number | undefined {
      const batch = batches[pick % Math.max(1, batches.length)];
      if (batch === undefined || batch.isDamaged) return undefined;
      batch.isDamaged = true;
      return batch.number;
    },
    statistics(): Omit<FileStatistics, "bytes" | "epoch"> {
      const sum = (list: readonly ModelBatch[]) => list.reduce((total, { rows }) => total + rows, 0);
      const list = [...sinks].map(([sink, { options, open }]) => {
        const mine = batches.filter(
          ({ stream, number }) => options.streams.includes(stream) && open.has(number),
        );
        return {
          sink,
          waitingBatches: mine.length,
          waitingRows: sum(mine),
          oldestUs: mine[0]?.committedUs,
        };
      });
      return {
        batches: batches.length,
        rows: sum(batches),
        oldestUs: batches[0]?.committedUs,
        dropped: [...dropped]
          .map(([key, rows]) => {
            const [stream, cause] = key.split(" ") as [Stream, DropCause];
            return { stream, cause, rows };
          })
          .sort((a, b) => (`${a.stream} ${a.cause}` < `${b.stream} ${b.cause}` ? -1 : 1)),
        sinks: list.sort((a, b) => (a.sink < b.sink ? -1 : 1)),
      };
    },
  };
}

/** What is in a batch that was found, in the words of the model. */
export function contentOf({ content }: FoundBatch): string {
  if (content.stream === "readings") return `${content.columns.count} from ${content.columns.sequence[0]}`;
  if (content.stream === "gaps") {
    return content.json
      .map((text) => JSON.parse(text) as Gap)
      .map(({ stream, cause, sink = "", rows }) => `${stream} ${cause} ${sink} ${rows}`)
      .sort()
      .join(", ");
  }
  return content.json.join();
}
