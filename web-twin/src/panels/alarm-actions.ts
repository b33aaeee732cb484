import { type AlarmDto, leastRole, type Right } from "@stethos/edge-agent/core";
import { reasonText } from "../i18n/words.ts";
import type { AlarmApi } from "../stream/alarm-api.ts";
import { acknowledge } from "./acknowledge.ts";
import type { AskDialog } from "./ask-dialog.ts";
import { type Done, inNameOf } from "./in-name-of.ts";
import type { PanelDeps } from "./panel.ts";

/** A browser opens no more connections to one agent. */
const AT_ONCE = 6;

export type Inhibiting = "out" | "return" | "shelve" | "unshelve";

const RIGHTS: Readonly<Record<Inhibiting, Right>> = {
  shelve: "shelve",
  unshelve: "shelve",
  out: "out-of-service",
  return: "out-of-service",
};

export interface AlarmActions {
  /** What can be done to the alarm's source as it is now. */
  offered(alarm: AlarmDto): readonly Inhibiting[];
  /** Why it may not be done here, in words; undefined: it may. */
  whyNot(right: Right): string | undefined;
  right(what: Inhibiting): Right;
  /** Asks how and does it. */
  ask(what: Inhibiting, alarm: AlarmDto): void;
  /** Asks whether all of these are meant. */
  askAll(alarms: readonly AlarmDto[]): void;
}

/** Acknowledges a list, a few at a time; the first failure is told, the others are tried all the same. */
async function acknowledgeAll(
  alarms: readonly AlarmDto[],
  deps: PanelDeps,
  signal: AbortSignal,
): Promise<Done<number>> {
  const waiting = [...alarms];
  let done = 0;
  let first: Done<never> | undefined;
  const work = async (): Promise<void> => {
    for (;;) {
      const alarm = waiting.shift();
      if (alarm === undefined || signal.aborted) return;
      const result = await acknowledge(alarm.id, deps, signal);
      if (result.kind === "done") done += 1;
      else first ??= result;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return first ?? { kind: "done", value: done };
}

function offeredFor({ inhibit, state }: AlarmDto): readonly Inhibiting[] {
  switch (inhibit?.kind) {
    case "shelved":
      return ["unshelve", "out"];
    case "out-of-service":
      return ["return"];
    case "suppressed-by-design":
      return ["out"];
    case undefined:
      return state === "normal" ? ["out"] : ["shelve", "out"];
  }
}

export function createAlarmActions(
  deps: PanelDeps,
  api: AlarmApi,
  dialog: Pick<AskDialog, "ask">,
): AlarmActions {
  const { t, store, operator, failed, nameOf } = deps;

  const send = async (
    what: Inhibiting,
    source: string,
    given: { readonly by: string; readonly reason: string; readonly minutes: number },
    signal: AbortSignal,
  ): Promise<void> => {
    const { by, reason } = given;
    if (what === "shelve") store.receiveInhibit(source, await api.shelve(source, given, signal));
    else if (what === "out")
      store.receiveInhibit(source, await api.takeOutOfService(source, { by, reason }, signal));
    else {
      await (what === "unshelve"
        ? api.unshelve(source, by, signal)
        : api.returnToService(source, by, signal));
      store.receiveInhibit(source, undefined);
    }
  };

  return {
    offered: offeredFor,
    right: (what) => RIGHTS[what],
    whyNot(right) {
      if (store.view().replayMs !== undefined) return t("alarm.inReplay");
      if (deps.may(right)) return undefined;
      return t("alarm.roleMissing", {
        role: t(`session.role.${store.view().session.role}`),
        needed: t(`session.role.${leastRole(right)}`),
      });
    },
    ask(what, alarm) {
      const source = `${nameOf(alarm.machine)}, ${alarm.sensor.slice(alarm.sensor.lastIndexOf("/") + 1)}`;
      const takes = what === "shelve" || what === "out";
      dialog.ask({
        title: t(`alarm.${what}Ask`, { source }),
        what: `${reasonText(t, alarm)}. ${t(`alarm.${what}What`)}`,
        confirm: t(`alarm.do.${what}`),
        asksReason: takes,
        asksMinutes: what === "shelve",
        run: ({ reason, minutes }, signal) =>
          inNameOf(operator, failed, (by) => send(what, alarm.sensor, { by, reason, minutes }, signal)),
      });
    },
    askAll(alarms) {
      dialog.ask({
        title: t("alarm.acknowledgeAllAsk", { n: alarms.length }),
        what: t("alarm.acknowledgeAllWhat", { by: operator.name() }),
        confirm: t("alarms.acknowledge"),
        run: (_, signal) => acknowledgeAll(alarms, deps, signal),
      });
    },
  };
}
