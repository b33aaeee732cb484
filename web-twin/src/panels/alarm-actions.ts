import { type AlarmDto, leastRole, type Right } from "@stethos/edge-agent/core";
import { reasonText } from "../i18n/words.ts";
import type { AlarmApi } from "../stream/alarm-api.ts";
import { acknowledge } from "./acknowledge.ts";
import type { AskDialog, Given } from "./ask-dialog.ts";
import { inNameOf } from "./in-name-of.ts";
import type { PanelDeps } from "./panel.ts";
import { eachOf } from "./several.ts";

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
  /** Asks for one time and one reason, and shelves the sources of all of these, each by itself. */
  askShelveAll(alarms: readonly AlarmDto[]): void;
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

  const named = ({ machine, sensor }: AlarmDto): string =>
    `${nameOf(machine)}, ${sensor.slice(sensor.lastIndexOf("/") + 1)}`;

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
      const source = named(alarm);
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
        run: eachOf(alarms, named, ({ id }, _: Given, signal) => acknowledge(id, deps, signal)),
      });
    },
    askShelveAll(alarms) {
      // What is shelved is the source: one request for each, and one line in the audit.
      const sources = [...new Map(alarms.map((alarm) => [alarm.sensor, alarm])).values()];
      dialog.ask({
        title: t("alarm.shelveAllAsk", { n: alarms.length }),
        what: t("alarm.shelveAllWhat", { sources: sources.length }),
        confirm: t("alarm.do.shelve"),
        asksReason: true,
        asksMinutes: true,
        run: eachOf(sources, named, ({ sensor }, { reason, minutes }: Given, signal) =>
          inNameOf(operator, failed, (by) => send("shelve", sensor, { by, reason, minutes }, signal)),
        ),
      });
    },
  };
}
