import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { Client } from "pg";
import { createForward, defaultForwardPolicy } from "../../edge-agent/src/flow/forward.ts";
import type { Outbox } from "../../edge-agent/src/ports/outbox.ts";
import { pick, seededRandom } from "../fuzz/random.ts";
import type { NetworkState } from "../postgres/fault-proxy.ts";
import { createPlantDatabase, type PlantDatabase } from "../postgres/plant-database.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { ALARM_EVERY, alarmOf, isRight, loadTags, roundOf, tagNumber } from "./load.ts";
import { createOracle, type Oracle, type Verdict } from "./oracle.ts";
import { inProcess, openOutbox } from "./real-outbox.ts";

export interface CommitCuts {
  readonly folder: string;
  readonly seed: number;
  readonly cuts: number;
  /** Planted bug: the sink looks into its ledger and finds nothing. */
  readonly isLedgerOff?: boolean;
}

const SINK = "postgres";
const never = new AbortController().signal;
const clock = createSystemClock();
const STEP_MS = 5;
/** The one that matters most: only a ledger can tell what became of the commit. */
const STATES: readonly NetworkState[] = [
  "cut-after-request",
  "cut-after-request",
  "cut-after-request",
  "cut",
];

/** A real outbox forwards into a real PostgreSQL, and the line is cut again and again, most often after COMMIT was sent and
 *  before its answer. Each row must be there once. */
export async function proveCommitCuts({ folder, seed, cuts, isLedgerOff }: CommitCuts): Promise<Verdict> {
  const server = await startPostgres();
  try {
    return await cutAgainAndAgain(server, join(folder, "outbox.db"), {
      seed,
      cuts,
      isLedgerOff: isLedgerOff === true,
    });
  } finally {
    await server.close();
  }
}

async function cutAgainAndAgain(
  server: PostgresServer,
  file: string,
  { seed, cuts, isLedgerOff }: Omit<Required<CommitCuts>, "folder">,
): Promise<Verdict> {
  const random = seededRandom(seed);
  const database = await createPlantDatabase(server, "plant");
  const outbox = await openOutbox(file, clock, {}, { connect: inProcess });
  const oracle = createOracle([SINK]);
  const stop = new AbortController();
  let failures = 0;
  const forward = createForward(
    [database.sink({ name: SINK, streams: ["readings", "alarms"] })],
    {
      outbox,
      clock,
      random,
      logger: silentLogger,
      telemetry: {
        emit(event) {
          if (event.kind === "sink-failed") failures += 1;
        },
      },
    },
    { ...defaultForwardPolicy, retryFirstMs: 1, retryMostMs: 20 },
  );
  const restoreLedger = isLedgerOff ? turnLedgerOff() : () => undefined;
  outbox.registerTags(loadTags());
  const forwarding = forward.run(stop.signal);
  await append(outbox, oracle, 0, 2);
  for (let cut = 0; cut < cuts; cut += 1) {
    // Most cuts meet a line that works, so that the COMMIT is that of readings; others what a new line begins with.
    if (random() < 0.8) await emptied(outbox);
    const before = failures;
    database.proxy.set(pick(random, STATES));
    await append(outbox, oracle, 2 * cut + 2, 2);
    while (failures === before) await clock.sleep(STEP_MS, never);
    database.proxy.set("up");
  }
  await emptied(outbox);
  stop.abort();
  await forwarding;
  restoreLedger();
  await outbox.close();
  await hearStored(database, oracle);
  await database.close();
  return oracle.verdict();
}

async function append(outbox: Outbox, oracle: Oracle, from: number, rounds: number): Promise<void> {
  const last = from + rounds - 1;
  oracle.hear({ say: "appending", round: last });
  for (let round = from; round <= last; round += 1) {
    outbox.append(roundOf(round));
    if (round % ALARM_EVERY === 0) outbox.appendAlarm(alarmOf(round));
  }
  await outbox.flush(never);
  oracle.hear({ say: "accepted", round: last });
}

async function emptied(outbox: Outbox): Promise<void> {
  for (;;) {
    const { sinks } = await outbox.statistics(never);
    if (sinks.length > 0 && sinks.every(({ waitingBatches }) => waitingBatches === 0)) return;
    await clock.sleep(STEP_MS, never);
  }
}

/** What the database has, row by row: nothing stands between it and the oracle that would drop a second one. */
async function hearStored(database: PlantDatabase, oracle: Oracle): Promise<void> {
  const plain = { stream: "readings", digest: "", readings: [], alarms: [], gaps: [] } as const;
  for (const [i, row] of (await database.rows()).entries()) {
    const batch = {
      ...plain,
      name: `reading/${i}`,
      readings: [tagNumber(row.tag), row.sequence],
      ...(!isRight(row) && { wrong: JSON.stringify(row) }),
    };
    oracle.hear({ say: "delivered", sink: SINK, batch });
  }
  const alarms = await database.query("SELECT id FROM alarm ORDER BY change");
  for (const [i, { id }] of alarms.entries()) {
    const batch = { ...plain, stream: "alarms", name: `alarm/${i}`, alarms: [String(id)] } as const;
    oracle.hear({ say: "delivered", sink: SINK, batch });
  }
}

/** @returns what turns it on again */
function turnLedgerOff(): () => void {
  const original = Client.prototype.query;
  const spoilt = function (this: Client, text: unknown, ...more: unknown[]): unknown {
    const blind = typeof text === "string" ? text.replace(/(FROM delivery\s+WHERE) /, "$1 false AND ") : text;
    return Reflect.apply(original, this, [blind, ...more]);
  };
  Client.prototype.query = spoilt as typeof original;
  return () => {
    Client.prototype.query = original;
  };
}
