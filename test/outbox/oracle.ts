import { describeError, unreachable } from "../../edge-agent/src/core/errors.ts";
import type { Line, Told } from "./lines.ts";
import { ALARM_EVERY, TAGS } from "./load.ts";

/** Stands outside of the process that is killed, knows what it was promised and what it was given, and judges. */
export interface Oracle {
  hear(line: Line): void;
  /** The last round that was announced; -1 before the first. */
  readonly lastRound: number;
  verdict(): Verdict;
}

/** What broke a promise, in rows; all 0 where none was broken. */
export interface Verdict {
  /** Accepted and never delivered. */
  readonly lost: number;
  /** Of these, told by nobody: no gap accounts for them. */
  readonly untold: number;
  /** Delivered and never put in. */
  readonly invented: number;
  /** Delivered with another value, time, status or unit than was put in. */
  readonly wrong: number;
  /** Delivered under two names: a receiver with a ledger has them twice. */
  readonly doubled: number;
  /** Later of its tag before earlier. */
  readonly reordered: number;
  /** Names that meant two different contents: a receiver with a ledger drops the second. */
  readonly renamed: number;
  /** Cases in which something was thrown: it did not open, or not deliver. */
  readonly failed: number;
  /** The first few of them, in words. */
  readonly examples: readonly string[];
}

export const flawless = {
  lost: 0,
  untold: 0,
  invented: 0,
  wrong: 0,
  doubled: 0,
  reordered: 0,
  renamed: 0,
  failed: 0,
  examples: [],
} as const satisfies Verdict;

const MOST_EXAMPLES = 5;

/** The sum of two verdicts.
 *  @param where the second one was passed */
export function together(one: Verdict, other: Verdict, where: string): Verdict {
  return {
    lost: one.lost + other.lost,
    untold: one.untold + other.untold,
    invented: one.invented + other.invented,
    wrong: one.wrong + other.wrong,
    doubled: one.doubled + other.doubled,
    reordered: one.reordered + other.reordered,
    renamed: one.renamed + other.renamed,
    failed: one.failed + other.failed,
    examples: [...one.examples, ...other.examples.map((text) => `${where}: ${text}`)].slice(0, MOST_EXAMPLES),
  };
}

/** What one case comes to, also where it throws. */
export async function judged(work: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await work();
  } catch (thrown) {
    return { ...flawless, failed: 1, examples: [describeError(thrown)] };
  }
}

type Fault = Exclude<keyof Verdict, "examples" | "failed" | "lost" | "untold">;

/** One sink's view. */
interface View {
  readonly names: Map<string, string>;
  readonly rows: Set<string>;
  /** By epoch and stream. */
  readonly last: Map<string, number>;
  /** By tag. */
  readonly newest: Map<string, number>;
}

interface Row {
  /** "t7" or "alarm" */
  readonly source: string;
  readonly round: number;
}

const rowsIn = ({ readings, alarms }: Told): Row[] => [
  ...Array.from({ length: readings.length / 2 }, (_, i) => ({
    source: `t${readings[2 * i]}`,
    round: readings[2 * i + 1] ?? -1,
  })),
  ...alarms.map((id) => ({ source: "alarm", round: Number(id.slice("alarm ".length)) })),
];

const rowsOf = (round: number): string[] => [
  ...Array.from({ length: TAGS }, (_, tag) => `t${tag} ${round}`),
  ...(round % ALARM_EVERY === 0 ? [`alarm ${round}`] : []),
];

const newView = (): View => ({ names: new Map(), rows: new Set(), last: new Map(), newest: new Map() });

/** @param sinks each is owed everything */
export function createOracle(sinks: readonly string[]): Oracle {
  const announced = new Set<number>();
  const waiting = new Set<number>();
  const accepted = new Set<number>();
  const views = new Map(sinks.map((sink) => [sink, newView()]));
  const found: Record<Fault, number> = { invented: 0, wrong: 0, doubled: 0, reordered: 0, renamed: 0 };
  const examples: string[] = [];
  let lastRound = -1;
  let counted = 0;

  function blame(fault: Fault, what: string): void {
    found[fault] += 1;
    if (examples.length < MOST_EXAMPLES) examples.push(`${fault}: ${what}`);
  }

  function deliver(sink: string, batch: Told): void {
    const view = views.get(sink);
    if (view === undefined) throw new RangeError(`there is no sink "${sink}"`);
    const known = view.names.get(batch.name);
    if (known !== undefined && known !== batch.digest) blame("renamed", `${sink}: ${batch.name}`);
    if (batch.wrong !== undefined) blame("wrong", `${sink}: ${batch.name} ${batch.wrong}`);
    // A repeat: the receiver's ledger drops it.
    if (known !== undefined) return;
    view.names.set(batch.name, batch.digest);
    // A ledger may keep no more than the last number of each epoch and stream.
    const [epoch = "", number = ""] = batch.name.split("/");
    const ledger = `${epoch} ${batch.stream}`;
    if (Number(number) < (view.last.get(ledger) ?? 0)) blame("reordered", `${sink}: ${batch.name}`);
    view.last.set(ledger, Number(number));
    for (const row of rowsIn(batch)) take(view, `${sink}: ${batch.name}: `, row);
    for (const gap of batch.gaps) counted += gap.rows < 0 ? Number.POSITIVE_INFINITY : gap.rows;
  }

  function take(view: View, where: string, { source, round }: Row): void {
    const row = `${source} ${round}`;
    if (view.rows.has(row)) blame("doubled", where + row);
    view.rows.add(row);
    if (!announced.has(round)) blame("invented", where + row);
    if (round < (view.newest.get(source) ?? -1)) blame("reordered", where + row);
    view.newest.set(source, round);
  }

  function missing(): string[] {
    const rows = [...accepted].flatMap(rowsOf);
    return [...views].flatMap(([sink, view]) =>
      rows.filter((row) => !view.rows.has(row)).map((row) => `${sink}: ${row}`),
    );
  }

  return {
    hear(line) {
      switch (line.say) {
        case "appending":
          for (let round = lastRound + 1; round <= line.round; round += 1) {
            announced.add(round);
            waiting.add(round);
          }
          lastRound = Math.max(lastRound, line.round);
          return;
        case "accepted":
          for (const round of waiting) accepted.add(round);
          waiting.clear();
          return;
        case "delivered":
          return deliver(line.sink, line.batch);
        case "open":
          // What an earlier run had announced and not yet committed died with it.
          waiting.clear();
          return;
        case "trouble":
        case "counted":
        case "closed":
          return;
        default:
          return unreachable(line);
      }
    },
    get lastRound() {
      return lastRound;
    },
    verdict() {
      const lost = missing();
      const untold = Math.max(0, lost.length - counted);
      // What is lost and told breaks no promise.
      const words = untold === 0 ? [] : lost.map((row) => `lost: ${row}`);
      const all = [...examples, ...words].slice(0, MOST_EXAMPLES);
      return { ...found, lost: lost.length, untold, failed: 0, examples: all };
    },
  };
}
