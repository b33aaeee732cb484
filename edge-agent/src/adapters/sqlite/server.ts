import { describeError } from "../../core/errors.ts";
import type { TimeUs } from "../../core/time.ts";
import { commitItems } from "./commit-items.ts";
import { faultOf, isDamage, type openDatabase } from "./database.ts";
import { failureOf } from "./failure.ts";
import { type Answers, HISTORY_WORDS, type Item, type Query, type Reply, type Request } from "./messages.ts";
import { readingsIn } from "./outgoing.ts";
import { setAside } from "./quarantine.ts";
import { openStore, type Store, type StoreSettings } from "./store.ts";
import { buffersIn, type Failure, type Note, type Numbered, type Success } from "./wire.ts";

/** The worker's side: one request, one reply. It never throws, whatever the disk does. */
export interface Server {
  handle(request: Request): Reply;
}

/** @param openFile tests put a failing disk behind it */
export function createServer(settings: StoreSettings, openFile?: typeof openDatabase): Server {
  let store: Store | undefined;
  let { isNewRun } = settings;
  let needsCheck = false;
  // Outlives the store: what the next one needs after a failed disk or a damaged file.
  let carried: readonly Item[] = [];
  let notes: Note[] = [];
  let lost = 0;
  let nowMs = 0;

  function note(level: Note["level"], message: string, fields: Note["fields"]): void {
    notes.push({ level, message, fields: { file: settings.file, ...fields } });
  }

  function theStore(nowUs: TimeUs): Store {
    if (store !== undefined) return store;
    try {
      return open();
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      return replace(describeError(thrown), nowUs);
    }
  }

  function open(): Store {
    const fresh = openStore({ ...settings, isNewRun }, openFile);
    isNewRun = false;
    needsCheck = fresh.isUnclean;
    if (carried.length > 0) fresh.commit(carried, 0, nowMs);
    carried = carried.filter((item) => item.kind === "tags");
    store = fresh;
    return fresh;
  }

  /** Sets the damaged file aside and begins a new one with what could be saved. */
  function replace(damage: string, nowUs: TimeUs): Store {
    discard();
    const { aside, bytes, baselines, openAlarms } = setAside(settings.file, nowUs);
    note("error", "the history file was damaged; it was set aside and a new one was started", {
      damage,
      aside,
      bytes,
      lost: "readings, scores, waveforms and closed alarms until now",
      savedBaselines: baselines.length,
      savedOpenAlarms: openAlarms.length,
    });
    carried = [
      ...carried,
      ...baselines.map((baseline): Item => ({ kind: "baseline", baseline })),
      ...openAlarms.map((alarm): Item => ({ kind: "alarm", alarm, atUs: nowUs })),
    ];
    return open();
  }

  /** Closes what may no longer be used; the next request opens it again. */
  function discard(): void {
    const old = store;
    store = undefined;
    try {
      old?.close(false);
    } catch (thrown) {
      note("warn", "the history file could not be closed in order", { reason: describeError(thrown) });
    }
  }

  function check(nowUs: TimeUs): void {
    const damage = theStore(nowUs).findDamage();
    needsCheck = false;
    if (damage !== undefined) replace(damage, nowUs);
  }

  function commit(numbered: readonly Numbered<Item>[], nowUs: TimeUs): void {
    const target = theStore(nowUs);
    // A disk that failed under a commit may have kept it: what is there is not written again.
    const fresh = numbered.filter(({ item, number }) => item.kind === "tags" || number > target.committedTo);
    const upTo = numbered.at(-1)?.number ?? 0;
    const items = commitItems(
      fresh.map(({ item }) => item),
      {
        write: (list) => write(target, list, upTo),
        rehearse: (item) => target.rehearse(item),
        refuse,
      },
    );
    const tags = items.findLast((item) => item.kind === "tags");
    if (tags !== undefined) carried = [tags];
  }

  function write(target: Store, items: readonly Item[], upTo: number): void {
    count(target.commit(items, upTo, nowMs), "readings of tags that were never registered were left out");
  }

  function refuse(item: Item, thrown: unknown): void {
    lost += readingsIn(item);
    note("error", "something could not be written to the history", {
      kind: item.kind,
      reason: describeError(thrown),
    });
  }

  function count(readings: number, message: string): void {
    if (readings === 0) return;
    lost += readings;
    note("warn", message, { readings });
  }

  function answer(query: Query, nowUs: TimeUs): Answers[Query["kind"]] {
    const source = theStore(nowUs);
    switch (query.kind) {
      case "trend": {
        const { trend, damaged } = source.trend(query);
        noteDamaged(damaged, query.name);
        return trend;
      }
      case "alarms":
        return source.events.alarms(query.query);
      case "alarm":
        return source.events.alarm(query.id);
      case "alarm-states":
        return source.events.alarmStates(query.id);
      case "waveforms": {
        const { waveforms, damaged } = source.events.waveforms(query.alarm);
        noteDamaged(damaged, query.alarm);
        return waveforms;
      }
      case "baselines":
        return source.events.baselines();
      case "statistics":
        return source.statistics();
    }
  }

  function noteDamaged(blobs: number, of: string): void {
    if (blobs > 0) note("warn", "damaged parts of the history were left out of an answer", { of, blobs });
  }

  function serve(request: Request): Answers[keyof Answers] | undefined {
    if ("nowMs" in request) nowMs = request.nowMs;
    switch (request.kind) {
      case "open":
        theStore(request.nowUs);
        return undefined;
      case "check":
        check(request.nowUs);
        return undefined;
      case "commit":
        commit(request.items, request.nowUs);
        return undefined;
      case "query":
        return answer(request.query, request.nowUs);
      case "step":
        count(theStore(request.nowUs).step(nowMs), "damaged parts of the journal were left out");
        return undefined;
      case "close":
        // Left unchecked, it is looked through at the next start.
        store?.close(!needsCheck);
        store = undefined;
        return undefined;
    }
  }

  /** Puts the store into a state from which the next request can go on. */
  function recover(thrown: unknown, nowUs: TimeUs): void {
    const fault = faultOf(thrown);
    if (fault === "full") store?.lackRoom();
    // A failed disk leaves the connection in doubt; opening again reads back what really reached it.
    if (fault === "io") discard();
    if (fault !== "corrupt" || store === undefined) return;
    try {
      replace(describeError(thrown), nowUs);
    } catch (second) {
      note("error", "the damaged history file could not be replaced yet", { reason: describeError(second) });
    }
  }

  return {
    handle(request) {
      notes = [];
      lost = 0;
      let outcome: Failure | Success<Answers[keyof Answers]>;
      try {
        const result = serve(request);
        outcome = result === undefined ? { ok: true } : { ok: true, answer: result };
      } catch (thrown) {
        recover(thrown, "nowUs" in request ? request.nowUs : 0);
        outcome = failureOf(thrown, settings.file, HISTORY_WORDS);
      }
      const buffers = request.kind === "commit" ? buffersIn(request.items) : [];
      const hasWork = store?.hasWork(nowMs) ?? false;
      return { ...outcome, notes, lost, hasWork, needsCheck, buffers };
    },
  };
}
