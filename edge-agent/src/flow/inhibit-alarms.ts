import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { type Criticality, priorityOf } from "../core/alarm-priority.ts";
import type { Alarm, Inhibit } from "../core/alarm-types.ts";
import { describeError } from "../core/errors.ts";
import {
  allInhibits,
  endedBy,
  type InhibitCommand,
  type InhibitStep,
  type Inhibits,
  inhibitsFrom,
  shownInhibit,
  stepInhibits,
} from "../core/inhibit.ts";
import { inhibitsJson, parseInhibits } from "../core/inhibit-json.ts";
import { createTurns } from "../lib/in-turn.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { Logger } from "../ports/logger.ts";
import type { InhibitResult } from "../ports/plant.ts";
import type { StateFile } from "../ports/state-file.ts";

export interface InhibitDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly state: StateFile;
  readonly audit: AuditLog;
  /** Takes an acknowledgement to whoever raised the alarm; its new state comes back through `onAlarm` too. */
  acknowledge(alarm: string, by: string): Alarm | undefined;
  /** The alarm as everybody is to see it. */
  onAlarm(alarm: Alarm): void;
  /** The inhibit of a source began or ended. */
  onInhibit(source: string): void;
}

/** What lies over the alarms: their priority, and why some are kept from the operators. The occurrences go on beneath. */
export interface InhibitAlarms {
  /** An alarm as it was raised, from any flow. @returns it as everybody is to see it */
  onAlarm(alarm: Alarm): Alarm;
  acknowledge(alarm: string, by: string): Alarm | undefined;
  /** Commands of people. On disk and in the audit log when it resolves. @throws EdgeError DISK_FULL */
  command(command: InhibitCommand): Promise<InhibitResult>;
  /** Design: suppresses these sources while it holds. */
  suppress(sources: readonly string[], reason: string, holds: boolean): void;
  inhibitOf(source: string): Inhibit | undefined;
  /** All that are in force, newest first. */
  inhibits(): readonly Inhibit[];
  /** @param criticalityOf of a machine or asset, by its id
   *  @param sources ids of all sensors and tags that may alarm */
  setPlant(criticalityOf: (machine: string) => Criticality, sources: ReadonlySet<string>): void;
  /** Ends shelvings by the clock until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Whatever is under way is on disk when it resolves. */
  close(): Promise<void>;
}

const TICK_MS = 1000;

/** What the audit log calls each command. */
const WORDS = {
  shelve: "alarm-shelved",
  unshelve: "alarm-unshelved",
  "out-of-service": "alarm-taken-out-of-service",
  "return-to-service": "alarm-returned-to-service",
} as const satisfies Record<InhibitCommand["kind"], string>;

/** With what an earlier run left in force. */
export async function createInhibitAlarms(deps: InhibitDeps): Promise<InhibitAlarms> {
  const { clock, audit } = deps;
  const logger = deps.logger.child({ component: "inhibits" });
  const inTurn = createTurns();
  const open = new Map<string, Alarm>();
  const byDesign = new Map<string, Inhibit>();
  let people: Inhibits = await restored(deps.state, logger);
  let criticalityOf: (machine: string) => Criticality = () => "normal";
  let known: ReadonlySet<string> = new Set();

  const inhibitOf = (source: string): Inhibit | undefined =>
    shownInhibit(people.get(source), byDesign.get(source));

  function dressed(alarm: Alarm): Alarm {
    const { inhibit: _, ...bare } = alarm;
    const inhibit = inhibitOf(alarm.sensor);
    const priority = priorityOf(criticalityOf(alarm.machine), alarm.severity);
    // One that is over needs no silence: its last words say how it ended.
    return { ...bare, priority, ...(inhibit && alarm.state !== "normal" && { inhibit }) };
  }

  /** Shows the open alarm of a source as it now is. */
  function showAnew(source: string): void {
    const alarm = open.get(source);
    if (alarm !== undefined) deps.onAlarm(dressed(alarm));
    deps.onInhibit(source);
  }

  function record(
    command: Pick<InhibitCommand, "kind">,
    by: string,
    inhibit: Inhibit,
    more = {},
  ): Promise<unknown> {
    const { source, reason, untilUs } = inhibit;
    const alarm = open.get(source)?.id;
    return audit.append({
      timeUs: clock.nowUs(),
      by,
      what: WORDS[command.kind],
      detail: { source, reason, ...(untilUs !== undefined && { untilUs }), ...(alarm && { alarm }), ...more },
    });
  }

  function adopt(step: Extract<InhibitStep, { inhibits: Inhibits }>, source: string): void {
    const before = inhibitOf(source);
    people = step.inhibits;
    if (before !== inhibitOf(source)) showAnew(source);
  }

  const save = (inhibits: Inhibits): Promise<void> => deps.state.write(inhibitsJson(allInhibits(inhibits)));

  async function command(given: InhibitCommand): Promise<InhibitResult> {
    if (!known.has(given.source)) return { kind: "refused", why: "unknown" };
    const step = stepInhibits(people, given, clock.nowUs());
    switch (step.kind) {
      case "refused":
        return step;
      case "unchanged":
        return { kind: "done" };
      case "set":
        return silence(given, step);
      case "lifted":
        // Whatever the disk does: nothing is kept from the operators any longer.
        adopt(step, given.source);
        await record(given, given.by, step.inhibit);
        await save(step.inhibits);
        return { kind: "done" };
    }
  }

  /** What is silent must be known to be after a crash too: on disk first. */
  async function silence(
    given: InhibitCommand,
    step: Extract<InhibitStep, { kind: "set" }>,
  ): Promise<InhibitResult> {
    await record(given, given.by, step.inhibit, { renewed: step.before !== undefined });
    await save(step.inhibits);
    // Others may have ended by the clock meanwhile.
    const now = stepInhibits(people, given, step.inhibit.fromUs);
    if (now.kind === "set") adopt(now, given.source);
    return { kind: "done", inhibit: step.inhibit };
  }

  function endByClock(): void {
    for (const inhibit of endedBy(people, clock.nowUs())) {
      const { source } = inhibit;
      const given = { kind: "unshelve", source, by: "agent" } as const;
      const step = stepInhibits(people, given, clock.nowUs());
      if (step.kind !== "lifted") continue;
      adopt(step, source);
      inTurn(async () => {
        await record(given, "agent", inhibit, { why: "its time was over" });
        await save(people);
      }).catch((thrown) => {
        logger.error({ source, err: describeError(thrown) }, "the end of a shelving could not be recorded");
      });
    }
  }

  return {
    onAlarm(alarm) {
      if (alarm.state === "normal") open.delete(alarm.sensor);
      else open.set(alarm.sensor, alarm);
      const shown = dressed(alarm);
      deps.onAlarm(shown);
      return shown;
    },
    acknowledge(id, by) {
      const before = [...open.values()].find((one) => one.id === id);
      const alarm = deps.acknowledge(id, by);
      if (alarm === undefined) return undefined;
      if (alarm.acknowledgedUs === before?.acknowledgedUs) return dressed(alarm);
      const { machine, sensor, reason } = alarm;
      const detail = { alarm: id, machine, source: sensor, reason };
      inTurn(() => audit.append({ timeUs: clock.nowUs(), by, what: "alarm-acknowledged", detail })).catch(
        (thrown) =>
          logger.error({ alarm: id, err: describeError(thrown) }, "an acknowledgement was not recorded"),
      );
      return dressed(alarm);
    },
    command: (given) => inTurn(() => command(given)),
    suppress(sources, reason, holds) {
      const fromUs = clock.nowUs();
      for (const source of sources) {
        const before = inhibitOf(source);
        if (!holds) byDesign.delete(source);
        else if (!byDesign.has(source))
          byDesign.set(source, { kind: "suppressed-by-design", source, by: "agent", reason, fromUs });
        if (before !== inhibitOf(source)) showAnew(source);
      }
    },
    inhibitOf,
    inhibits: () =>
      [...new Set([...people.keys(), ...byDesign.keys()])]
        .flatMap((source) => inhibitOf(source) ?? [])
        .sort((a, b) => b.fromUs - a.fromUs),
    setPlant(nextCriticalityOf, sources) {
      criticalityOf = nextCriticalityOf;
      known = sources;
      for (const source of [...people.keys(), ...byDesign.keys()]) deps.onInhibit(source);
    },
    async run(signal) {
      do endByClock();
      while (await slept(clock, TICK_MS, signal));
    },
    close: () => inTurn(async () => {}),
  };
}

/** Without a list that can be read nothing is silent: everybody sees everything. */
async function restored(state: StateFile, logger: Logger): Promise<Inhibits> {
  try {
    const text = await state.read();
    return inhibitsFrom(text === undefined ? [] : parseInhibits(text));
  } catch (thrown) {
    logger.error(
      { err: describeError(thrown) },
      "what was shelved or out of service is not known; all alarms show",
    );
    return new Map();
  }
}
