import "../styles/models.css";
import type { LabelVerdict } from "@stethos/edge-agent/core";
import { element, setAttribute } from "../dom/element.ts";
import type { PanelDeps } from "./panel.ts";

const VERDICTS = ["real", "false", "not-sure"] as const satisfies readonly LabelVerdict[];

/** Real, false alarm, not sure: one click, and the one that was given stays pressed. */
export interface LabelButtons {
  readonly element: HTMLElement;
  /** @param name says to screen readers what a button labels */
  show(given: LabelVerdict | undefined, name: (verdict: string) => string): void;
}

/** @param give resolves when the request is over */
export function createLabelButtons(
  { t }: Pick<PanelDeps, "t">,
  give: (verdict: LabelVerdict) => Promise<void>,
): LabelButtons {
  const buttons = VERDICTS.map((verdict) => {
    const button = element(
      "button",
      { type: "button", class: "action label-button", "data-verdict": verdict },
      t(`label.${verdict}`),
    );
    button.addEventListener("click", () => {
      for (const each of buttons) each.button.disabled = true;
      void give(verdict).finally(() => {
        for (const each of buttons) each.button.disabled = false;
        // A disabled button loses the keyboard.
        if (document.activeElement === document.body) button.focus();
      });
    });
    return { verdict, button };
  });
  return {
    element: element(
      "div",
      { class: "label-buttons", role: "group", "aria-label": t("label.group") },
      ...buttons.map(({ button }) => button),
    ),
    show(given, name) {
      for (const { verdict, button } of buttons) {
        setAttribute(button, "aria-pressed", String(verdict === given));
        setAttribute(button, "aria-label", name(t(`label.${verdict}`)));
      }
    },
  };
}
