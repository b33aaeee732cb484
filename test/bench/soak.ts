import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { seededRandom } from "../fuzz/random.ts";
import { inFolder } from "../outbox/temporary.ts";
import { createPlantDatabase, type PlantDatabase } from "../postgres/plant-database.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { type Bench, type Figures, median, type Report } from "./harness.ts";
import { auditFiles, auditTable, createAudit, sizeOf } from "./soak/audit.ts";
import type { SoakEnd, SoakOrder, SoakTask } from "./soak/soak-process.ts";
import { theilSen } from "./swap/theil-sen.ts";

const TAGS = 10_000;
const PERIOD_MS = 100;
const SCHEMA = "soak";
const SEED = 1;
const SAMPLE_MS = 1000;
/** Samples of which the median counts: half a minute. */
const BLOCK = 30;
/** Before the memory is looked at: caches fill and the heap finds its size. */
const WARM_UP_SHARE = 0.3;
/** Of the whole: the longest outage, and the longest time without one. */
const OUTAGE_SHARE = 0.1;
const PAGE_KIB = 4;

const clock = createSystemClock();
const script = join(import.meta.dirname, "soak/soak-process.ts");

/** What was seen of the process while it ran. */
interface Watched {
  readonly rssKiB: readonly number[];
  readonly mostWalBytes: number;
}

async function soakFor(
  minutes: number,
  server: PostgresServer,
  folder: string,
  report: Report,
): Promise<Figures> {
  const database = await createPlantDatabase(server, SCHEMA);
  const rounds = Math.round((minutes * 60_000) / PERIOD_MS);
  const task: SoakTask = {
    file: join(folder, "outbox.db"),
    folder: join(folder, "files"),
    url: `postgres://${SCHEMA}@127.0.0.1:${database.proxy.port}/plant`,
    passwordFile: join(server.folder, `${SCHEMA}.password`),
    schema: SCHEMA,
    tags: TAGS,
    periodMs: PERIOD_MS,
    rounds,
  };
  const child = spawn(process.execPath, [script, JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const over = new AbortController();
  const ended = endOf(child).finally(() => over.abort());
  const [end, watched, cuts] = await Promise.all([
    ended,
    watch(child, task.file, over.signal, report),
    disturb(child, database, minutes * 60_000, over.signal),
  ]);
  report(
    `everything is delivered ${Math.round(end.drainMs / 1000)} s after the last reading; looking at each row`,
  );
  const inTable = createAudit(TAGS, rounds);
  await auditTable({ host: server.folder, port: server.port, schema: SCHEMA }, inTable);
  const inFiles = createAudit(TAGS, rounds);
  await auditFiles(task.folder, inFiles);
  await database.close();
  return figuresOf(end, watched, cuts, [inTable.result(), inFiles.result()]);
}

function figuresOf(
  end: SoakEnd,
  { rssKiB, mostWalBytes }: Watched,
  cuts: number,
  sinks: readonly ReturnType<ReturnType<typeof createAudit>["result"]>[],
): Figures {
  // While readings come: emptying the outbox afterwards is other work.
  const whole = rssKiB.slice(0, (end.rounds * PERIOD_MS) / SAMPLE_MS);
  const warm = whole.slice(Math.floor(whole.length * WARM_UP_SHARE));
  // Seconds that follow each other are no independent samples: a collection or a thread lasts for many.
  const blocks = Array.from({ length: Math.floor(warm.length / BLOCK) }, (_, i) =>
    median(warm.slice(i * BLOCK, (i + 1) * BLOCK)),
  );
  const slope = theilSen(blocks);
  const perMinute = 60_000 / (SAMPLE_MS * BLOCK);
  const sum = (of: (result: (typeof sinks)[number]) => number) =>
    sinks.reduce((all, each) => all + of(each), 0);
  return {
    readings: end.rounds * TAGS,
    cuts,
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    reordered: sum(({ reordered }) => reordered),
    dropped: end.dropped,
    drainS: end.drainMs / 1000,
    rssMiB: median(warm) / 1024,
    rssSlopeKiBPerMin: slope.perStep * perMinute,
    rssSlopeLowKiBPerMin: slope.low * perMinute,
    rssSlopeHighKiBPerMin: slope.high * perMinute,
    walMiB: mostWalBytes / 2 ** 20,
  };
}

async function endOf(child: ChildProcess): Promise<SoakEnd> {
  let end: SoakEnd | undefined;
  child.once("message", (message: SoakEnd) => {
    end = message;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (end === undefined) throw new Error(`the process ended with ${code} before everything was delivered`);
  return end;
}

/** Memory and the outbox's log, once a second. */
async function watch(
  child: ChildProcess,
  file: string,
  signal: AbortSignal,
  report: Report,
): Promise<Watched> {
  const rssKiB: number[] = [];
  let mostWalBytes = 0;
  while (await passed(SAMPLE_MS, signal)) {
    const pages = await readFile(`/proc/${child.pid}/statm`, "utf8").catch(
      (thrown: NodeJS.ErrnoException) => {
        // It has ended.
        if (thrown.code === "ENOENT" || thrown.code === "ESRCH") return undefined;
        throw thrown;
      },
    );
    if (pages === undefined) break;
    rssKiB.push(Number(pages.split(" ")[1]) * PAGE_KIB);
    mostWalBytes = Math.max(mostWalBytes, await sizeOf(`${file}-wal`));
    if (rssKiB.length % 30 === 0)
      report(`${rssKiB.length} s: ${Math.round((rssKiB.at(-1) ?? 0) / 1024)} MiB`);
  }
  return { rssKiB, mostWalBytes };
}

/** Cuts both sinks off and lets them back, each by chance of its own, until the readings end.
 *  @returns how often */
async function disturb(
  child: ChildProcess,
  database: PlantDatabase,
  totalMs: number,
  signal: AbortSignal,
): Promise<number> {
  const ending = AbortSignal.any([signal, AbortSignal.timeout(totalMs)]);
  const folderUp = (isFolderUp: boolean) => void child.send({ isFolderUp } satisfies SoakOrder);
  const [table, files] = await Promise.all([
    comeAndGo((isUp) => database.proxy.set(isUp ? "up" : "cut"), SEED, totalMs, ending),
    comeAndGo((isUp) => child.connected && folderUp(isUp), SEED + 1, totalMs, ending),
  ]);
  return table + files;
}

async function comeAndGo(
  set: (isUp: boolean) => void,
  seed: number,
  totalMs: number,
  signal: AbortSignal,
): Promise<number> {
  const random = seededRandom(seed);
  const spell = () => random() * OUTAGE_SHARE * totalMs;
  let cuts = 0;
  while (await passed(spell(), signal)) {
    set(false);
    cuts += 1;
    await passed(spell(), signal);
    set(true);
  }
  set(true);
  return cuts;
}

/** False when the signal ended it. */
const passed = (ms: number, signal: AbortSignal): Promise<boolean> =>
  clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );

export const soak: Bench = {
  name: "soak",
  explains: [
    `${TAGS} tags at ${1000 / PERIOD_MS} Hz for 10 minutes (STETHOS_BENCH_MINUTES: other than that) into an outbox with two`,
    "sinks, PostgreSQL and Parquet files, cut off and let back at random; then each row of both is looked at.",
    "lost, duplicated, reordered: rows of both sinks; dropped: given up by the outbox; rssSlopeKiBPerMin: Theil and",
    "Sen's slope of the process's memory while readings come, after the warm-up, with 95 % bounds; walMiB: the outbox's log at its longest",
  ].join(" "),
  async run(report) {
    const minutes = Number(process.env["STETHOS_BENCH_MINUTES"] ?? 10);
    const server = await startPostgres({ fsync: true });
    try {
      return await inFolder((folder) => soakFor(minutes, server, folder, report));
    } finally {
      await server.close();
    }
  },
};
