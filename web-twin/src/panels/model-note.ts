import { element, setText } from "../dom/element.ts";
import type { Translate } from "../i18n/translate.ts";

/** For whoever made the layout: which model is not drawn, and why. The machine is drawn all the same. */
export interface ModelNote {
  readonly element: HTMLElement;
  add(file: string, error: unknown): void;
  translate(t: Translate): void;
}

export function createModelNote(): ModelNote {
  const text = element("span");
  const dismiss = element("button", { type: "button", class: "action" });
  const note = element("p", { class: "scene-model-note", role: "status", hidden: true }, text, dismiss);
  const failed: { readonly file: string; readonly why: string }[] = [];
  let words: Translate | undefined;

  const show = (): void => {
    const [first, ...others] = failed;
    note.hidden = first === undefined || words === undefined;
    if (first === undefined || words === undefined) return;
    setText(text, words("twin.modelFailed", first) + (others.length === 0 ? "" : ` (+${others.length})`));
    setText(dismiss, words("feed.dismiss"));
  };
  dismiss.addEventListener("click", () => {
    failed.length = 0;
    show();
  });

  return {
    element: note,
    add(file, error) {
      failed.push({ file, why: error instanceof Error ? error.message : String(error) });
      show();
    },
    translate(t) {
      words = t;
      show();
    },
  };
}
