import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { isActive } from "../core/alarm-life.ts";
import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { ReadingBatch } from "../core/reading.ts";
import { OFF, ON } from "../core/rules/hold.ts";
import { NO_RULES, type RuleInstance, type RuleSet, ruleSource } from "../core/rules/rule.ts";
import { type RuleEvent, stepRuleAlarm } from "../core/rules/rule-alarm.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { createOpenAlarms } from "./open-alarms.ts";
import { createRulesEngine } from "./rules-engine.ts";

export interface RulesDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** What an earlier run left open; those of sensors and limits are left alone. */
  readonly alarms: readonly Alarm[];
  onAlarm(alarm: Alarm): void;
}

/** From readings, scores and health to alarms of rules. */
export interface Rules {
  /** All rules at once, after each reload: what did not change goes on where it was, with its windows, its holds and its
   *  alarms; an open alarm of a rule or a machine that is gone is cleared.
   *  @param tags the agent's table */
  setRules(rules: RuleSet, tags: readonly Tag[]): void;
  onReadings(batch: ReadingBatch): void;
  onScore(score: Score): void;
  onHealth(health: Health): void;
  /** The alarm's state after it, or undefined where there is no such open alarm. */
  acknowledge(alarm: string, by: string): Alarm | undefined;
  /** Ids of all that may alarm: for whoever shelves and suppresses. */
  readonly sources: readonly string[];
  /** Ends holds and moves windows by the clock until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const TICK_MS = 500;

export function createRules(deps: RulesDeps): Rules {
  const { clock, logger, telemetry } = deps;
  const open = createOpenAlarms(
    deps.alarms.filter((alarm) => alarm.reason === "rule" && alarm.state !== "normal"),
  );
  let rules = NO_RULES;
  /** Microseconds since the last tick. */
  let spentUs = 0;
  const engine = createRulesEngine({
    onTurn(instance, isOn, values, timeUs) {
      const source = sourceIn(instance);
      if (!isOn) step(source, { kind: "off", timeUs });
      else {
        const alarmId = `${Math.round(timeUs / 1000).toString(36)}-${Math.floor(deps.random() * 36 ** 6).toString(36)}`;
        step(source, { kind: "on", rule: instance.rule, machine: instance.machine, values, timeUs, alarmId });
      }
    },
    onFailed({ rule, machine }, message) {
      telemetry.emit({ kind: "rule-failed", rule: rule.name });
      logger.warn({ rule: rule.name, machine, err: message }, "a rule could not be evaluated");
    },
  });

  function step(source: string, event: RuleEvent): Alarm | undefined {
    const change = stepRuleAlarm(open.of(source), event);
    if (change === undefined) return undefined;
    open.keep(change);
    deps.onAlarm(change);
    return change;
  }

  function timed(work: () => void): void {
    const beganUs = clock.nowUs();
    work();
    spentUs += Math.max(0, clock.nowUs() - beganUs);
  }

  function tell(): void {
    const { evaluated, fired } = engine.counts();
    if (evaluated === 0) return;
    telemetry.emit({ kind: "rules-evaluated", count: evaluated, fired, ms: spentUs / 1000 });
    spentUs = 0;
  }

  /** Those that are gone end; those that stay are told again, for screens that are new. */
  function settleAlarms(): void {
    const known = new Set(rules.instances.map(sourceIn));
    for (const [source, alarm] of open.all()) {
      if (known.has(source)) deps.onAlarm(alarm);
      else step(source, { kind: "off", timeUs: clock.nowUs() });
    }
  }

  return {
    setRules(next, tags) {
      const isNew = next.version !== rules.version;
      rules = next;
      engine.setTags(tags);
      engine.setRules(next, (instance, before) => {
        if (before !== undefined) return before;
        const alarm = open.of(sourceIn(instance));
        return alarm !== undefined && isActive(alarm.state) ? ON : OFF;
      });
      settleAlarms();
      if (isNew)
        logger.info(
          { version: next.version, rules: next.rules.length, instances: next.instances.length },
          "rules in force",
        );
    },
    onReadings: (batch) => timed(() => engine.onReadings(batch)),
    onScore: (score) => timed(() => engine.onScore(score, clock.nowUs())),
    onHealth: (health) => timed(() => engine.onHealth(health, clock.nowUs())),
    acknowledge(id, by) {
      const source = open.sourceOf(id);
      if (source === undefined) return undefined;
      const before = open.of(source);
      return step(source, { kind: "acknowledge", timeUs: clock.nowUs(), by }) ?? before;
    },
    get sources() {
      return rules.instances.map(sourceIn);
    },
    async run(signal) {
      while (await slept(clock, TICK_MS, signal)) {
        timed(() => engine.tick(clock.nowUs()));
        tell();
      }
    },
  };
}

const sourceIn = ({ rule, machine }: RuleInstance): string => ruleSource(rule.name, machine);
