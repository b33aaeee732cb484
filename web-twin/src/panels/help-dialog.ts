import { element } from "../dom/element.ts";
import type { MessageKey } from "../i18n/en.ts";
import type { PanelDeps } from "./panel.ts";

const KEYS: readonly (readonly [keys: string, words: MessageKey])[] = [
  ["/", "help.search"],
  ["n", "help.next"],
  ["p", "help.previous"],
  ["a", "help.acknowledge"],
  ["s", "help.shelve"],
  ["f", "help.focus"],
  ["1 2 3", "help.manners"],
  ["?", "help.help"],
];

/** Which keys do what. */
export function createHelpDialog({ t }: Pick<PanelDeps, "t">): HTMLDialogElement {
  const close = element("button", { type: "button", class: "action" }, t("help.close"));
  const dialog = element(
    "dialog",
    { class: "command help", "aria-labelledby": "help-title" },
    element("h2", { id: "help-title" }, t("help.title")),
    element(
      "dl",
      { class: "help-keys" },
      ...KEYS.flatMap(([keys, words]) => [
        element("dt", {}, ...keys.split(" ").map((key) => element("kbd", {}, key))),
        element("dd", {}, t(words)),
      ]),
    ),
    element("div", { class: "dialog-buttons" }, close),
  );
  close.addEventListener("click", () => dialog.close());
  return dialog;
}
