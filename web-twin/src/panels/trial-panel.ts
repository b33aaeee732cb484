import type { ModelSummaryDto, ModelsDto, TrialDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList } from "../dom/keyed-list.ts";
import { decidesTexts, waitTexts } from "../i18n/model-words.ts";
import type { TrialCommand } from "../stream/api.ts";
import { createCommandDialog } from "./command-dialog.ts";
import { commandsFor, modelTitle } from "./models-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { textList } from "./text-list.ts";
import { type Step, shareText, steps, stepText } from "./trial-rows.ts";

interface Card {
  readonly element: HTMLElement;
  show(title: string, lines: readonly string[]): void;
}

function createCard(role: "champion" | "challenger", { t }: PanelDeps): Card {
  const title = element("p", { class: "card-title" });
  const lines = textList();
  return {
    element: element(
      "div",
      { class: "card", "data-role": role },
      element("p", { class: "card-role" }, t(`models.${role}`)),
      title,
      lines.element,
    ),
    show(text, sentences) {
      setText(title, text);
      lines.show(sentences);
    },
  };
}

function createStageLine({ t }: PanelDeps) {
  const list = element("ol", { class: "stages", "aria-label": t("models.stages") });
  const rows = createKeyedList<Step>(
    list,
    ({ stage }) => stage,
    ({ text }) => {
      const row = element("li", {}, element("span", {}, text));
      return {
        element: row,
        update(step) {
          setAttribute(row, "data-state", step.state);
          setAttribute(row, "aria-current", step.state === "now" ? "step" : undefined);
        },
      };
    },
  );
  return { element: list, show: rows.show };
}

/** A button a command; which of them stand depends on where the trial is. */
function createCommands({ t, may }: PanelDeps, ask: (command: TrialCommand) => void) {
  const bar = element("div", { class: "commands" });
  const rows = createKeyedList<TrialCommand>(
    bar,
    (command) => command,
    (command) => {
      const button = element(
        "button",
        { type: "button", class: "action", "data-command": command },
        t(`command.${command}`),
      );
      button.addEventListener("click", () => ask(command));
      return {
        element: button,
        update() {
          button.disabled = !may("trial");
        },
      };
    },
  );
  return { element: bar, show: rows.show };
}

/** Champion and challenger side by side, where the trial stands, why it waits and what would decide it. */
export function createTrialPanel(deps: PanelDeps): Panel {
  const { store, t, format, now } = deps;
  const champion = createCard("champion", deps);
  const challenger = createCard("challenger", deps);
  const dialog = createCommandDialog(deps);
  const commands = createCommands(deps, (command) => {
    const { models } = store.view().plant;
    dialog.ask(command, models?.trial === undefined ? "" : modelTitle(models.trial.challenger));
  });
  const line = createStageLine(deps);
  const stage = element("p", { class: "stage-what" });
  const paused = element("p", { class: "paused" });
  const waits = textList();
  const decides = textList();
  const progress = element(
    "div",
    { class: "progress" },
    line.element,
    stage,
    paused,
    element(
      "div",
      { class: "columns" },
      element("div", {}, element("h3", {}, t("models.waits")), waits.element),
      element("div", {}, element("h3", {}, t("models.decides")), decides.element),
    ),
  );

  const since = (model: ModelSummaryDto): string =>
    t("models.judgesSince", { time: format.time(Date.parse(model.sinceTime), now()) });

  const showTrial = (trial: TrialDto): void => {
    challenger.show(modelTitle(trial.challenger), [
      shareText(trial, t, format),
      `${t(`models.because.${trial.because}`)}, ${format.ago(now() - Date.parse(trial.startedTime))}`,
    ]);
    line.show(steps(trial.stage, t));
    setText(stage, `${stepText(trial.stage, t)}: ${t(`stage.${trial.stage}.what`)}`);
    paused.hidden = trial.paused === undefined;
    if (trial.paused !== undefined) {
      const age = format.ago(now() - Date.parse(trial.paused.sinceTime));
      setText(paused, t("models.paused", { by: trial.paused.by, age }));
    }
    const waiting = waitTexts(trial, t, format);
    waits.show(waiting.length === 0 ? [t("models.waitsForNothing")] : waiting);
    decides.show(decidesTexts(trial, t, format));
  };

  const render = (models: ModelsDto): void => {
    const { previous, trial, registry } = models;
    champion.show(modelTitle(models.champion), [
      since(models.champion),
      ...(previous === undefined ? [] : [t("models.previous", { model: modelTitle(previous) })]),
    ]);
    progress.hidden = trial === undefined;
    setAttribute(challenger.element, "data-absent", trial === undefined);
    if (trial === undefined) {
      challenger.show(t("models.noChallenger"), [
        t(registry.name === "" ? "models.noRegistry" : "models.noTrial"),
      ]);
    } else showTrial(trial);
    commands.show(commandsFor(models));
  };

  const refresh = (): void => {
    const { plant, page } = store.view();
    if (page === "models" && plant.models !== undefined) render(plant.models);
  };

  return {
    element: element(
      "div",
      { class: "trial" },
      element("div", { class: "cards" }, champion.element, challenger.element),
      commands.element,
      progress,
      dialog.element,
    ),
    show: refresh,
    tick: refresh,
    dispose() {
      dialog.dispose();
    },
  };
}
