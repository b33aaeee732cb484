import { element, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import { ApiError } from "../stream/api-error.ts";
import type { PanelDeps } from "./panel.ts";

/** The form of an agent that is protected by a token. */
export interface Login {
  readonly element: HTMLDialogElement;
  ask(): void;
  dispose(): void;
}

export function createLogin({ api, t }: PanelDeps, entered: () => void): Login {
  const abort = new AbortController();
  const token = element("input", {
    type: "password",
    id: "token",
    name: "token",
    required: true,
    autocomplete: "current-password",
  });
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const enter = element("button", { type: "submit", class: "action primary" }, t("login.enter"));
  const form = element(
    "form",
    { class: "login-form" },
    element("h2", { id: "login-title" }, t("login.title")),
    element("p", { class: "note" }, t("login.where")),
    element("label", { for: "token" }, t("login.token")),
    token,
    problem,
    enter,
  );
  const dialog = element("dialog", { class: "login", "aria-labelledby": "login-title" }, form);

  const why = (error: unknown): string =>
    error instanceof ApiError && error.kind === "unauthorized" ? t("login.wrong") : errorText(t, error);

  const submit = async (): Promise<void> => {
    enter.disabled = true;
    problem.hidden = true;
    try {
      await api.login(token.value, abort.signal);
      token.value = "";
      dialog.close();
      entered();
    } catch (error) {
      if (abort.signal.aborted) return;
      problem.hidden = false;
      setText(problem, t("login.failed", { why: why(error) }));
      token.focus();
    } finally {
      enter.disabled = false;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });

  return {
    element: dialog,
    ask() {
      if (!dialog.open) dialog.showModal();
    },
    dispose() {
      abort.abort();
      dialog.remove();
    },
  };
}
