import { element, setAttribute, setText } from "../dom/element.ts";
import type { Translate } from "../i18n/translate.ts";
import type { PlantScene } from "../scene/plant-scene.ts";
import type { Changes, Store, View } from "../state/store.ts";

/** The place of the 3D view: it stays when the language changes, so that the camera does too. */
export interface ScenePanel {
  readonly element: HTMLElement;
  translate(t: Translate): void;
  show(view: View, changes: Changes): void;
  /** Brings the 3D view: last, because everything else is useful without it. */
  load(): Promise<void>;
}

const EVERYTHING = {
  alarms: true,
  models: true,
  feed: true,
  selection: true,
  setting: true,
  notes: false,
} as const;

export function createScenePanel(store: Store, picked: () => void): ScenePanel {
  const host = element("div", { class: "scene", role: "application", tabindex: "0" });
  const hint = element("p", { class: "scene-hint", "aria-hidden": "true" });
  const notice = element("p", { class: "scene-notice", role: "status", hidden: true });
  const buttons = {
    closer: element("button", { type: "button", class: "tool" }, "+"),
    farther: element("button", { type: "button", class: "tool" }, "−"),
    fit: element("button", { type: "button", class: "tool" }, "⤢"),
  };
  let say: Translate | undefined;
  let scene: PlantScene | undefined;
  let trouble: { readonly kind: "lost" } | { readonly kind: "none"; readonly reason: string } | undefined;

  const showTrouble = (): void => {
    notice.hidden = trouble === undefined;
    if (trouble === undefined || say === undefined) return;
    setText(
      notice,
      trouble.kind === "lost" ? say("app.contextLost") : say("app.noWebgl", { reason: trouble.reason }),
    );
  };

  buttons.closer.addEventListener("click", () => scene?.closer());
  buttons.farther.addEventListener("click", () => scene?.farther());
  buttons.fit.addEventListener("click", () => scene?.fit());

  return {
    element: element(
      "section",
      { class: "scene-panel" },
      host,
      element("div", { class: "tools" }, buttons.closer, buttons.farther, buttons.fit),
      hint,
      notice,
    ),
    translate(t) {
      say = t;
      setAttribute(host, "aria-label", t("scene.label"));
      for (const [name, button] of Object.entries(buttons)) {
        const text = t(`scene.${name as keyof typeof buttons}`);
        setAttribute(button, "aria-label", text);
        button.title = text;
      }
      setText(hint, t("scene.hint"));
      showTrouble();
    },
    show(view, changes) {
      scene?.show(view, changes);
    },
    async load() {
      try {
        const { createPlantScene } = await import("../scene/plant-scene.ts");
        scene = createPlantScene(host, {
          picked(machine) {
            store.selectMachine(machine);
            picked();
          },
          contextLost() {
            trouble = { kind: "lost" };
            showTrouble();
          },
          contextBack() {
            trouble = undefined;
            showTrouble();
          },
        });
        const view = store.view();
        scene.show(view, { ...EVERYTHING, structure: true, machines: new Set(view.plant.machines.keys()) });
      } catch (error) {
        trouble = { kind: "none", reason: error instanceof Error ? error.message : String(error) };
        showTrouble();
      }
    },
  };
}
