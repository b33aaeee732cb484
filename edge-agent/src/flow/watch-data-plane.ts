import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { acknowledged, cleared, isActive, raised } from "../core/alarm-life.ts";
import type { Alarm } from "../core/alarm-types.ts";
import { describeError } from "../core/errors.ts";
import {
  defaultTroublePolicy,
  judgeWayOut,
  NO_LOSSES,
  TROUBLE_SOURCES,
  type Trouble,
  type TroublePolicy,
  troubleSources,
} from "../core/outbox/outbox-trouble.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import { createOpenAlarms } from "./open-alarms.ts";

export interface WatchDataPlaneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Undefined where nothing leaves the agent. */
  readonly dataPlane: DataPlane | undefined;
  /** What the alarms are about: this agent. */
  readonly node: string;
  /** What an earlier run left open; those of others are left alone. */
  readonly alarms: readonly Alarm[];
  onAlarm(alarm: Alarm): void;
}

/** From a failing sink and lost rows to alarms on the operator's screen. They never enter the data path: an outbox that
 *  fails would have to carry the news of it. */
export interface WatchDataPlane {
  /** The alarm's state after it, or undefined where there is no such open alarm. */
  acknowledge(alarm: string, by: string): Alarm | undefined;
  readonly sources: readonly string[];
  /** Looks until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 5_000;
const ASK_MS = 10_000;

export const isOfDataPlane = ({ sensor }: Pick<Alarm, "sensor">): boolean =>
  sensor.startsWith(TROUBLE_SOURCES);

export function createWatchDataPlane(
  deps: WatchDataPlaneDeps,
  policy: TroublePolicy = defaultTroublePolicy,
): WatchDataPlane {
  const { clock, dataPlane, logger } = deps;
  const open = createOpenAlarms(
    deps.alarms.filter((alarm) => isOfDataPlane(alarm) && alarm.state !== "normal"),
  );
  let memory = NO_LOSSES;
  let isBlind = false;

  function tell(alarm: Alarm | undefined): void {
    if (alarm === undefined) return;
    open.keep(alarm);
    deps.onAlarm(alarm);
  }

  function raise({ source, ...rest }: Trouble, timeUs: number): void {
    const before = open.of(source);
    if (before !== undefined && isActive(before.state)) {
      // As limits do: an active alarm grows more severe and does not take that back.
      if (before.severity === "warning" && rest.severity === "alarm") tell({ ...before, ...rest });
      return;
    }
    const id = `${Math.round(timeUs / 1000).toString(36)}-${Math.floor(deps.random() * 36 ** 6).toString(36)}`;
    tell(
      raised(before, { ...rest, id, machine: deps.node, sensor: source, raisedUs: timeUs, peakAnomaly: 0 }),
    );
  }

  async function look(plane: DataPlane, signal: AbortSignal): Promise<void> {
    const deadline = clock.deadline(ASK_MS, signal);
    try {
      const { dropped, trouble, quarantinedUs } = await plane.statistics(deadline.signal);
      const nowUs = clock.nowUs();
      const seen = { sinks: plane.sinks(), dropped, trouble, quarantinedUs };
      const judged = judgeWayOut(seen, memory, nowUs, policy);
      memory = judged.memory;
      for (const one of judged.troubles) raise(one, nowUs);
      const wrong = new Set(judged.troubles.map(({ source }) => source));
      for (const [source, alarm] of open.all()) if (!wrong.has(source)) tell(cleared(alarm, nowUs));
      isBlind = false;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!isBlind) logger.warn({ err: describeError(thrown) }, "the outbox does not say how it does");
      isBlind = true;
    } finally {
      deadline.dispose();
    }
  }

  return {
    acknowledge(id, by) {
      const source = open.sourceOf(id);
      if (source === undefined) return undefined;
      const before = open.of(source);
      const after = acknowledged(before, clock.nowUs(), by);
      tell(after);
      return after ?? before;
    },
    sources: troubleSources(dataPlane?.sinks().map(({ sink }) => sink) ?? []),
    async run(signal) {
      // Screens are new after a restart; what no sink of this configuration can have caused is over.
      for (const [, alarm] of open.all())
        tell(dataPlane === undefined ? cleared(alarm, clock.nowUs()) : alarm);
      if (dataPlane === undefined) return;
      while (await slept(clock, LOOK_MS, signal)) await look(dataPlane, signal).catch(ignoreEnd(signal));
    },
  };
}

/** The end of the agent is no fault. */
const ignoreEnd =
  (signal: AbortSignal) =>
  (thrown: unknown): void => {
    if (!signal.aborted) throw thrown;
  };
