import { element, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import type { Done } from "./in-name-of.ts";
import type { PanelDeps } from "./panel.ts";
import type { Partly } from "./several.ts";

/** What somebody says when he is asked whether he means it. */
export interface Given {
  readonly reason: string;
  readonly minutes: number;
}

export interface Question {
  readonly title: string;
  readonly what: string;
  readonly confirm: string;
  readonly asksReason?: boolean;
  readonly asksMinutes?: boolean;
  readonly run: (given: Given, signal: AbortSignal) => Promise<Done<unknown> | Partly>;
}

/** Asks who does something, for how long and why. */
export interface AskDialog {
  readonly element: HTMLDialogElement;
  ask(question: Question): void;
  dispose(): void;
}

const MINUTES = [15, 60, 480] as const;
const MOST_MINUTES = 10_080;
const OWN = "own";

function createMinutes({ t, format }: PanelDeps) {
  const select = element(
    "select",
    { id: "ask-minutes" },
    ...MINUTES.map((minutes) => element("option", { value: String(minutes) }, format.age(minutes * 60_000))),
    element("option", { value: OWN }, t("alarm.minutesCustom")),
  );
  const own = element("input", {
    type: "number",
    id: "ask-own",
    min: "1",
    max: String(MOST_MINUTES),
    step: "1",
  });
  const ownLabel = element("label", { for: "ask-own" }, t("alarm.minutesOwn"));
  const show = (): void => {
    own.hidden = select.value !== OWN;
    ownLabel.hidden = own.hidden;
  };
  select.addEventListener("change", show);
  show();
  const box = element(
    "div",
    { class: "command-form" },
    element("label", { for: "ask-minutes" }, t("alarm.minutes")),
    select,
    ownLabel,
    own,
  );
  return {
    element: box,
    reset() {
      select.value = String(MINUTES[1]);
      show();
    },
    /** @returns undefined where it is no number that the agent takes */
    value(): number | undefined {
      const minutes = Number(select.value === OWN ? own.value : select.value);
      return Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_MINUTES ? minutes : undefined;
    },
  };
}

export function createAskDialog(deps: PanelDeps): AskDialog {
  const { t, store, operator } = deps;
  const abort = new AbortController();
  let question: Question | undefined;
  const title = element("h2", { id: "ask-title" });
  const what = element("p", { class: "note" });
  const by = element("input", { type: "text", id: "ask-by", autocomplete: "name", maxlength: "80" });
  const minutes = createMinutes(deps);
  const reason = element("input", { type: "text", id: "ask-reason", maxlength: "500" });
  const reasonBox = element(
    "div",
    { class: "command-form" },
    element("label", { for: "ask-reason" }, t("alarm.reason")),
    reason,
  );
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const failures = element("ul", { class: "ask-failures", hidden: true });
  const confirm = element("button", { type: "submit", class: "action primary" });
  const cancel = element("button", { type: "button", class: "action" }, t("command.cancel"));
  const form = element(
    "form",
    { class: "command-form", novalidate: true },
    title,
    what,
    element("label", { for: "ask-by" }, t("command.by")),
    by,
    minutes.element,
    reasonBox,
    problem,
    failures,
    element("div", { class: "dialog-buttons" }, cancel, confirm),
  );
  const dialog = element("dialog", { class: "command ask", "aria-labelledby": "ask-title" }, form);

  const complain = (text: string): void => {
    problem.hidden = false;
    setText(problem, text);
  };

  /** @returns undefined where something is missing, which was said */
  const given = (asked: Question): Given | undefined => {
    const [time, why] = [minutes.value(), reason.value.trim()];
    if (asked.asksMinutes && time === undefined) complain(t("alarm.minutesWrong"));
    else if (asked.asksReason && why === "") {
      complain(t("alarm.reasonMissing"));
      reason.focus();
    } else return { reason: why, minutes: time ?? 0 };
    return undefined;
  };

  /** Each that is not done stands by itself: the next press of the button tries these again. */
  const tellPartly = ({ done, failures: found }: Partly): void => {
    complain(t("alarm.partly", { done, failed: found.length }));
    failures.hidden = false;
    failures.replaceChildren(
      ...found.map(({ name, error }) =>
        element("li", {}, t("alarm.partlyOne", { name, why: errorText(t, error) })),
      ),
    );
  };

  const submit = async (): Promise<void> => {
    problem.hidden = true;
    failures.hidden = true;
    if (question === undefined) return;
    if (!by.disabled) operator.rename(by.value);
    const words = given(question);
    if (words === undefined) return;
    confirm.disabled = true;
    const result = await question.run(words, abort.signal);
    confirm.disabled = false;
    if (abort.signal.aborted) return;
    if (result.kind === "done") dialog.close();
    else if (result.kind === "partly") tellPartly(result);
    else if (result.kind === "failed") complain(t("alarm.failed", { why: errorText(t, result.error) }));
    else {
      complain(t("command.nameless"));
      by.focus();
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  cancel.addEventListener("click", () => dialog.close());

  return {
    element: dialog,
    ask(next) {
      question = next;
      setText(title, next.title);
      setText(what, next.what);
      setText(confirm, next.confirm);
      by.value = operator.name();
      by.disabled = store.view().session.name !== undefined;
      reason.value = "";
      minutes.reset();
      minutes.element.hidden = next.asksMinutes !== true;
      reasonBox.hidden = next.asksReason !== true;
      problem.hidden = true;
      failures.hidden = true;
      if (!dialog.open) dialog.showModal();
    },
    dispose() {
      abort.abort();
      dialog.remove();
    },
  };
}
