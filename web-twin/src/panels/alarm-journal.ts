import type { AlarmDto } from "@stethos/edge-agent/core";
import { element, setText } from "../dom/element.ts";
import { errorText, reasonText } from "../i18n/words.ts";
import type { AlarmApi, JournalLine } from "../stream/alarm-api.ts";
import type { AlarmActions } from "./alarm-actions.ts";
import { createLatest } from "./latest.ts";
import type { PanelDeps } from "./panel.ts";

/** All about one alarm: what became of it, and what else can be done. */
export interface AlarmJournal {
  readonly element: HTMLDialogElement;
  show(alarm: AlarmDto): void;
  dispose(): void;
}

export function createAlarmJournal(deps: PanelDeps, api: AlarmApi, actions: AlarmActions): AlarmJournal {
  const { t, format, now, nameOf } = deps;
  const job = createLatest();
  const title = element("h2", { id: "journal-title" });
  const what = element("p", { class: "note" });
  const buttons = element("div", { class: "dialog-buttons" });
  const refused = element("p", { class: "note" });
  const list = element("ol", { class: "journal" });
  const note = element("p", { class: "note", role: "status" });
  const close = element("button", { type: "button", class: "action primary" }, t("alarm.close"));
  const dialog = element(
    "dialog",
    { class: "command journal-dialog", "aria-labelledby": "journal-title" },
    title,
    what,
    buttons,
    refused,
    element("h3", {}, t("alarm.journal")),
    note,
    list,
    element("div", { class: "dialog-buttons" }, close),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", job.cancel);

  const line = ({ time, what: done, by, reason }: JournalLine): HTMLElement => {
    const key = t.known(`alarm.journal.${done}`);
    const words = [
      key === undefined ? done : t(key),
      ...(by === undefined ? [] : [t("alarm.journalBy", { by })]),
      ...(reason === undefined ? [] : [reason]),
    ];
    return element(
      "li",
      {},
      element("time", {}, format.time(Date.parse(time), now())),
      ` ${words.join(", ")}`,
    );
  };

  const showButtons = (alarm: AlarmDto): void => {
    const refusals = new Set<string>();
    const made = actions.offered(alarm).map((each) => {
      const why = actions.whyNot(actions.right(each));
      if (why !== undefined) refusals.add(why);
      const button = element(
        "button",
        { type: "button", class: "action", "data-do": each, disabled: why !== undefined, title: why },
        t(`alarm.${each}`),
      );
      button.addEventListener("click", () => {
        dialog.close();
        actions.ask(each, alarm);
      });
      return button;
    });
    buttons.replaceChildren(...made);
    refused.hidden = refusals.size === 0;
    setText(refused, [...refusals].join(" "));
  };

  return {
    element: dialog,
    show(alarm) {
      setText(title, nameOf(alarm.machine));
      setText(what, reasonText(t, alarm));
      showButtons(alarm);
      list.replaceChildren();
      setText(note, t("page.loading"));
      if (!dialog.open) dialog.showModal();
      job.run((signal) => api.journal(alarm.id, signal), {
        ready(lines) {
          setText(note, lines.length === 0 ? t("alarm.journalNone") : "");
          list.replaceChildren(...lines.map(line));
        },
        failed(error) {
          deps.failed(error);
          setText(note, t("alarm.journalFailed", { why: errorText(t, error) }));
        },
      });
    },
    dispose() {
      job.cancel();
      dialog.remove();
    },
  };
}
