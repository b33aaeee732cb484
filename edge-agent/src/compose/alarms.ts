import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createStateFile } from "../adapters/state-file/state-file.ts";
import type { AgentConfig } from "../config.ts";
import type { Alarm, Inhibit } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import { hasAlarmLimit } from "../core/limits.ts";
import type { Machine } from "../core/machine.ts";
import type { ReadingBatch } from "../core/reading.ts";
import { ruleSource } from "../core/rules/rule.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import { createInhibitAlarms, type InhibitAlarms } from "../flow/inhibit-alarms.ts";
import { createRules } from "../flow/rules.ts";
import { createWatchDataPlane } from "../flow/watch-data-plane.ts";
import { createWatchLimits } from "../flow/watch-limits.ts";
import { createWatchSuppressions } from "../flow/watch-suppressions.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { Telemetry } from "../ports/telemetry.ts";

/** Everything about alarms that is not the listening itself: limits of tags, and what lies over all alarms. */
export interface Alarms
  extends Pick<InhibitAlarms, "acknowledge" | "command" | "inhibitOf" | "inhibits" | "onAlarm"> {
  setPlant(
    config: Pick<AgentConfig, "rules" | "suppressions" | "tags">,
    machines: readonly Machine[],
    tags: readonly Tag[],
  ): void;
  onReadings(batch: ReadingBatch): void;
  onScore(score: Score): void;
  onHealth(health: Health): void;
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface AlarmsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly audit: AuditLog;
  readonly dataFolder: string;
  readonly dataPlane: DataPlane | undefined;
  /** Name of this agent. */
  readonly node: string;
  /** What an earlier run left open. */
  readonly alarms: readonly Alarm[];
  /** To who raised an alarm of a sensor. */
  acknowledge(alarm: string, by: string): Alarm | undefined;
  /** The alarm as everybody is to see it. */
  onAlarm(alarm: Alarm): void;
  onInhibit(source: string, inhibit: Inhibit | undefined): void;
}

export async function createAlarms(deps: AlarmsDeps): Promise<Alarms> {
  const onAlarm = (alarm: Alarm): void => {
    const { id, machine, sensor, severity, reason } = alarm;
    if (alarm.state === "unacknowledged-active")
      deps.logger.warn({ alarm: id, machine, source: sensor, severity, reason }, "ALARM");
    inhibits.onAlarm(alarm);
  };
  const limits = createWatchLimits({ ...deps, onAlarm });
  const rules = createRules({ ...deps, onAlarm });
  const wayOut = createWatchDataPlane({ ...deps, onAlarm });
  const inhibits: InhibitAlarms = await createInhibitAlarms({
    ...deps,
    state: createStateFile(join(deps.dataFolder, "inhibits.json")),
    acknowledge: (alarm, by) =>
      limits.acknowledge(alarm, by) ??
      rules.acknowledge(alarm, by) ??
      wayOut.acknowledge(alarm, by) ??
      deps.acknowledge(alarm, by),
    onInhibit: (source) => deps.onInhibit(source, inhibits.inhibitOf(source)),
  });
  const suppressions = createWatchSuppressions(inhibits.suppress);
  return {
    acknowledge: inhibits.acknowledge,
    command: inhibits.command,
    inhibitOf: inhibits.inhibitOf,
    inhibits: inhibits.inhibits,
    onAlarm: inhibits.onAlarm,
    setPlant(config, machines, tags) {
      const criticality = new Map(machines.map((machine) => [machine.id, machine.criticality ?? "normal"]));
      const sensors = machines.flatMap((machine) => machine.sensors.map(({ id }) => id));
      const watched = withLimitsOf(config.tags, tags);
      const limited = watched.filter((tag) => tag.limits !== undefined && hasAlarmLimit(tag.limits));
      rules.setRules(config.rules, tags);
      inhibits.setPlant(
        (machine) => criticality.get(machine) ?? "normal",
        new Set([...sensors, ...limited.map(({ id }) => id), ...rules.sources, ...wayOut.sources]),
      );
      limits.setTags(watched);
      suppressions.setPlant(withRulesOf(config), tags);
    },
    onReadings(batch) {
      suppressions.onReadings(batch);
      limits.onReadings(batch);
      rules.onReadings(batch);
    },
    onScore: rules.onScore,
    onHealth: rules.onHealth,
    async run(signal) {
      await Promise.all([limits.run(signal), rules.run(signal), wayOut.run(signal), inhibits.run(signal)]);
    },
    close: inhibits.close,
  };
}

/** What is silent with a machine, the rules about it included. */
const withRulesOf = ({ rules, suppressions }: Pick<AgentConfig, "rules" | "suppressions">) =>
  suppressions.map((one) => {
    if (one.machine === undefined) return one;
    const about = rules.instances.filter(({ machine }) => machine === one.machine);
    return {
      ...one,
      sources: [...one.sources, ...about.map(({ rule }) => ruleSource(rule.name, one.machine ?? ""))],
    };
  });

/** The agent's table with the limits that are configured now: it keeps tags that were removed, for their indices. */
function withLimitsOf(configured: readonly Tag[], tags: readonly Tag[]): readonly Tag[] {
  const byId = new Map(configured.map((tag) => [tag.id, tag]));
  return tags.map((tag) => {
    const { limits: _, ...rest } = tag;
    return byId.get(tag.id) ?? rest;
  });
}
