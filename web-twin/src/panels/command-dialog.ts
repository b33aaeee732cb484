import { element, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import type { TrialCommand } from "../stream/api.ts";
import { inNameOf } from "./in-name-of.ts";
import type { PanelDeps } from "./panel.ts";

/** Asks who commands a trial, and whether he means it. */
export interface CommandDialog {
  readonly element: HTMLDialogElement;
  /** @param model whom it concerns */
  ask(command: TrialCommand, model: string): void;
  dispose(): void;
}

export function createCommandDialog(deps: PanelDeps): CommandDialog {
  const { api, store, operator, t } = deps;
  const abort = new AbortController();
  let asked: TrialCommand = "pause";
  const title = element("h2", { id: "command-title" });
  const what = element("p", { class: "note" });
  const by = element("input", { type: "text", id: "command-by", autocomplete: "name", maxlength: "80" });
  const reason = element("input", { type: "text", id: "command-reason", maxlength: "500" });
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const confirm = element("button", { type: "submit", class: "action primary" });
  const cancel = element("button", { type: "button", class: "action" }, t("command.cancel"));
  const form = element(
    "form",
    { class: "command-form" },
    title,
    what,
    element("label", { for: "command-by" }, t("command.by")),
    by,
    element("label", { for: "command-reason" }, t("command.reason")),
    reason,
    problem,
    element("div", { class: "dialog-buttons" }, cancel, confirm),
  );
  const dialog = element("dialog", { class: "command", "aria-labelledby": "command-title" }, form);

  const complain = (text: string): void => {
    problem.hidden = false;
    setText(problem, text);
  };

  const submit = async (): Promise<void> => {
    confirm.disabled = true;
    problem.hidden = true;
    operator.rename(by.value);
    const words = reason.value.trim();
    const result = await inNameOf(operator, deps.failed, (name) =>
      api.trial(asked, name, words === "" ? undefined : words, abort.signal),
    );
    confirm.disabled = false;
    if (abort.signal.aborted) return;
    if (result.kind === "nameless") {
      complain(t("command.nameless"));
      by.focus();
    } else if (result.kind === "failed") {
      complain(t("command.failed", { why: errorText(t, result.error) }));
    } else {
      store.receiveModels(result.value);
      dialog.close();
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  cancel.addEventListener("click", () => dialog.close());

  return {
    element: dialog,
    ask(command, model) {
      asked = command;
      setText(title, t(`command.${command}.ask`, { model }));
      setText(what, t(`command.${command}.what`));
      setText(confirm, t(`command.${command}`));
      by.value = operator.name();
      reason.value = "";
      problem.hidden = true;
      if (!dialog.open) dialog.showModal();
    },
    dispose() {
      abort.abort();
      dialog.remove();
    },
  };
}
