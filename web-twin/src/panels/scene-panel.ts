import { element, setAttribute, setText } from "../dom/element.ts";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import type { SceneProbe } from "../scene/probe.ts";
import type { TwinScene } from "../scene/scene-contract.ts";
import type { PointStore } from "../state/points.ts";
import type { Changes, Store, View } from "../state/store.ts";
import type { Ask } from "../stream/ask.ts";
import type { Timers } from "../stream/timers.ts";
import { createHeatLegend } from "./heat-legend.ts";
import { createModelNote } from "./model-note.ts";
import { createSceneTip } from "./scene-tip.ts";

/** The place of the scene and the plan: it stays when the language changes, so that the camera does too. */
export interface ScenePanel {
  readonly element: HTMLElement;
  translate(t: Translate, format: Format): void;
  show(view: View, changes: Changes): void;
  /** Brings the scene: last, because everything else is useful without it. */
  load(): Promise<void>;
  /** Moves the camera to an asset. */
  goto(asset: string): void;
  /** For tests; undefined until the scene is there. */
  probe(): SceneProbe | undefined;
}

export interface ScenePanelDeps {
  readonly store: Store;
  readonly points: PointStore;
  readonly timers: Timers;
  /** ms since 1970 by the agent's clock. */
  readonly now: () => number;
  readonly nextFrame: (draw: () => void) => void;
  readonly isStill: () => boolean;
  readonly ask: Ask;
  /** Something was chosen in the scene: on a narrow screen its details lie below. */
  readonly picked: () => void;
  /** The plant stands on the screen for the first time. */
  readonly firstFrame: () => void;
}

const EVERYTHING = {
  alarms: true,
  models: true,
  feed: true,
  selection: true,
  setting: true,
  notes: false,
} as const;

/** So long browsers wait for the second tap of a double one. */
const DOUBLE_TAP_MS = 300;

type Trouble = { readonly kind: "lost" } | { readonly kind: "none"; readonly reason: string };

export function createScenePanel(deps: ScenePanelDeps): ScenePanel {
  const { store, points } = deps;
  const host = element("div", { class: "scene", role: "application", tabindex: "0" });
  const hint = element("p", { class: "scene-hint", "aria-hidden": "true" });
  const notice = element("p", { class: "scene-notice", role: "status", hidden: true });
  const tool = (text: string): HTMLButtonElement =>
    element("button", { type: "button", class: "tool" }, text);
  const buttons = { closer: tool("+"), farther: tool("−"), fit: tool("⤢") };
  const manner = tool("▦");
  const every = tool("⁙");
  const page = new AbortController();
  let words: { readonly t: Translate; readonly format: Format } | undefined;
  let scene: TwinScene | undefined;
  let trouble: Trouble | undefined;
  let isEvery = false;
  let isPlan = store.view().manner === "plan";

  /** What comes forward at once would lie under the second tap of two, and take it. */
  let stopReveal = (): void => {};
  const revealLater = (): void => {
    stopReveal();
    stopReveal = deps.timers.after(DOUBLE_TAP_MS, deps.picked);
  };

  const modelNote = createModelNote();
  const heat = createHeatLegend((kind) => scene?.heat(kind));
  const tip = createSceneTip(host, points, () => words, deps.now);
  host.append(tip.element);

  const showTrouble = (): void => {
    notice.hidden = trouble === undefined;
    if (trouble === undefined || words === undefined) return;
    const { t } = words;
    setText(
      notice,
      trouble.kind === "lost" ? t("app.contextLost") : t("app.noWebgl", { reason: trouble.reason }),
    );
  };
  const setTrouble = (next: Trouble | undefined): void => {
    trouble = next;
    showTrouble();
  };
  const label = (button: HTMLElement, text: string): void => {
    setAttribute(button, "aria-label", text);
    button.title = text;
  };
  const showManner = (): void => {
    if (words === undefined) return;
    const { t } = words;
    setText(manner, isPlan ? "◩" : "▦");
    label(manner, t(isPlan ? "twin.scene" : "twin.plan"));
    setText(hint, t(isPlan ? "twin.planHint" : "twin.sceneHint"));
  };
  const showKinds = (): void => {
    if (words !== undefined) heat.show(points.view()?.layout.layout.kinds ?? [], words);
  };

  buttons.closer.addEventListener("click", () => scene?.closer());
  buttons.farther.addEventListener("click", () => scene?.farther());
  buttons.fit.addEventListener("click", () => scene?.fit());
  manner.addEventListener("click", () => store.showAs(isPlan ? "scene" : "plan"));
  every.addEventListener("click", () => {
    isEvery = !isEvery;
    setAttribute(every, "aria-pressed", String(isEvery));
    scene?.every(isEvery);
  });
  points.subscribe((change) => {
    if (change.kind === "layout") showKinds();
  });

  return {
    element: element(
      "section",
      { class: "scene-panel" },
      host,
      element(
        "div",
        { class: "tools" },
        buttons.closer,
        buttons.farther,
        buttons.fit,
        manner,
        every,
        heat.menu,
      ),
      hint,
      heat.element,
      modelNote.element,
      notice,
    ),
    translate(t, format) {
      words = { t, format };
      setAttribute(host, "aria-label", t("scene.label"));
      for (const [name, button] of Object.entries(buttons)) {
        label(button, t(`scene.${name as keyof typeof buttons}`));
      }
      label(every, t("twin.every"));
      setAttribute(every, "aria-pressed", String(isEvery));
      showManner();
      showKinds();
      showTrouble();
      modelNote.translate(t);
    },
    show(view, changes) {
      scene?.show(view, changes);
      if (isPlan === (view.manner === "plan")) return;
      isPlan = view.manner === "plan";
      showManner();
    },
    async load() {
      try {
        const { createTwinScene } = await import("../scene/twin-scene.ts");
        scene = createTwinScene(host, {
          points,
          timers: deps.timers,
          nextFrame: deps.nextFrame,
          isStill: deps.isStill,
          pickedAsset(id) {
            store.selectAsset(id);
            revealLater();
          },
          pickedPoint(tag) {
            store.selectPoint(tag);
            revealLater();
          },
          visited: () => stopReveal(),
          firstFrame: deps.firstFrame,
          models: {
            async load(file, size) {
              const { loadModel } = await import("../model/load-model.ts");
              return loadModel(deps.ask, file, size, page.signal);
            },
            failed: modelNote.add,
          },
          hovered(hover) {
            if (hover === undefined) tip.hide();
            else tip.show(hover.target, hover.x, hover.y);
          },
          contextLost: () => setTrouble({ kind: "lost" }),
          contextBack: () => setTrouble(undefined),
        });
        const view = store.view();
        scene.show(view, { ...EVERYTHING, structure: true, machines: new Set(view.plant.machines.keys()) });
      } catch (error) {
        setTrouble({ kind: "none", reason: error instanceof Error ? error.message : String(error) });
      }
    },
    goto: (asset) => scene?.goto(asset),
    probe: () => scene?.probe,
  };
}
