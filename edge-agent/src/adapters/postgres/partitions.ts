import { escapeIdentifier, escapeLiteral } from "pg";
import { dayText } from "./examine.ts";
import type { Link } from "./link.ts";
import { TIMED_TABLES } from "./migrations.ts";

/** The days that a plain PostgreSQL has partitions for. There is no default partition: making a day's partition would
 *  have to lock and search it, and no row may ever need it. */
export interface Partitions {
  /** Makes what is missing of these days, and some more ahead. */
  ensure(
    link: Pick<Link, "query" | "script">,
    days: Iterable<number>,
    today: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Asks the database again the next time. */
  forget(): void;
}

/** A day that begins while the database cannot be reached must not begin with a lock. */
const AHEAD_DAYS = 3;

export function createPartitions(schema: string): Partitions {
  let known: ReadonlySet<number> | undefined;
  return {
    async ensure(link, days, today, signal) {
      const needed = new Set(days);
      if (needed.size === 0) return;
      const made = known;
      if (made !== undefined && [...needed].every((day) => made.has(day))) return;
      for (let ahead = 0; ahead <= AHEAD_DAYS; ahead += 1) needed.add(today + ahead);
      known = await makeMissing(link, schema, needed, signal);
    },
    forget() {
      known = undefined;
    },
  };
}

async function makeMissing(
  link: Pick<Link, "query" | "script">,
  schema: string,
  needed: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<Set<number>> {
  // Two agents that need the same day: the second finds it.
  await link.script(
    `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(${escapeLiteral(`stethos:${schema}:partitions`)}, 0))`,
    signal,
  );
  const there = await partitionsOf(link, signal);
  const statements = [...needed]
    .sort((a, b) => a - b)
    .flatMap((day) =>
      TIMED_TABLES.filter((table) => !there.has(nameOf(table, day))).map((table) => making(table, day)),
    );
  await link.script([...statements, "COMMIT"].join(";\n"), signal);
  const complete = [...there.values()].filter((day) =>
    TIMED_TABLES.every((table) => there.has(nameOf(table, day))),
  );
  return new Set([...complete, ...needed]);
}

/** Attached instead of made in place: that locks out nobody who reads. */
function making(table: string, day: number): string {
  const name = escapeIdentifier(nameOf(table, day));
  return `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
ALTER TABLE ${table} ATTACH PARTITION ${name}
FOR VALUES FROM ('${dayText(day)} 00:00:00+00') TO ('${dayText(day + 1)} 00:00:00+00')`;
}

const nameOf = (table: string, day: number): string => `${table}_${dayText(day).replaceAll("-", "")}`;

/** Our own partitions of all tables with their days, by name. */
async function partitionsOf(link: Pick<Link, "query">, signal: AbortSignal): Promise<Map<string, number>> {
  const rows = await link.query<{ name: string }>(
    `SELECT part.relname AS name FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid
     WHERE inhparent = ANY($1::text[]::regclass[])`,
    signal,
    [[...TIMED_TABLES]],
  );
  return new Map(
    rows.flatMap(({ name }) => {
      const [, year, month, date] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
      if (year === undefined) return [];
      return [[name, Date.parse(`${year}-${month}-${date}T00:00:00Z`) / 86_400_000]];
    }),
  );
}

/** Drops partitions of days before `oldest`, one at a time and never waiting long for those who read them.
 *  @returns how many went */
export async function dropOldDays(link: Link, oldest: number, signal: AbortSignal): Promise<number> {
  const there = await partitionsOf(link, signal);
  const old = [...there].filter(([, day]) => day < oldest);
  for (const [name] of old) {
    await link.script(
      `BEGIN; SET LOCAL lock_timeout = ${DROP_WAIT_MS}; DROP TABLE IF EXISTS ${escapeIdentifier(name)}; COMMIT`,
      signal,
    );
  }
  return old.length;
}

/** Whoever waits for this lock keeps all others waiting. */
const DROP_WAIT_MS = 2000;
