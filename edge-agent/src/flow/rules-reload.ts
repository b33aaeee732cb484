import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../core/errors.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import type { Logger } from "../ports/logger.ts";
import type { Telemetry } from "../ports/telemetry.ts";

/** The file of rules that is in force now. */
export interface RulesFile {
  /** Another text whenever the file became another one; a file that is not there has one, too. */
  stamp(): Promise<string>;
  /** @throws with every problem and its line */
  load(): RuleSet;
}

export interface RulesReloadDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Undefined where the configuration names no rules. */
  file(): RulesFile | undefined;
  /** Version of the rules in force. */
  version(): string;
  onRules(rules: RuleSet): void;
}

/** How often the file is looked at. */
export const LOOK_MS = 1000;

/** Takes rules over as soon as their file is saved, until the signal aborts. The file is looked at, not listened to: a
 *  ConfigMap changes by a link far above it, and shared folders tell nobody. It is read once it stayed the same for one
 *  look, so that no half-written file is; what is wrong in it is told once, and the rules in force stay. */
export async function reloadRules(deps: RulesReloadDeps, signal: AbortSignal): Promise<void> {
  let seen: string | undefined;
  let judged: string | undefined;
  while (await slept(deps.clock, LOOK_MS, signal)) {
    const file = deps.file();
    const stamp = await file?.stamp();
    const isSettled = stamp === seen;
    seen = stamp;
    if (file === undefined || !isSettled || stamp === judged) continue;
    judged = stamp;
    takeOver(file, deps);
  }
}

function takeOver(file: RulesFile, { logger, telemetry, version, onRules }: RulesReloadDeps): void {
  let rules: RuleSet;
  try {
    rules = file.load();
  } catch (thrown) {
    telemetry.emit({ kind: "rules-read", isTaken: false });
    logger.error(
      { err: describeError(thrown), version: version() },
      "the new rules were refused; the old ones stay in force",
    );
    return;
  }
  // Saved without a change, or read with the configuration already.
  if (rules.version === version()) return;
  telemetry.emit({ kind: "rules-read", isTaken: true });
  onRules(rules);
}
