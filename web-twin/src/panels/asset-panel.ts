import { element, setAttribute, setText } from "../dom/element.ts";
import { iconElement } from "../dom/icon.ts";
import { createKeyedList } from "../dom/keyed-list.ts";
import { convert } from "../i18n/units.ts";
import { reasonText } from "../i18n/words.ts";
import { alarmOrder } from "../state/alarm-order.ts";
import { stepsOf } from "./action-rows.ts";
import { sinceText } from "./alarm-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { pointLook, pointStateText } from "./point-look.ts";

const MOST_POINTS = 60;
const REFRESH_MS = 500;

interface PointRow {
  readonly tag: string;
  readonly name: string;
  readonly point: number;
}

/** An asset that no sensor listens to: its points with their values and states, and its alarms. */
export function createAssetPanel(deps: PanelDeps): Panel {
  const { store, points, timers, t, format, now } = deps;
  const name = element("h2", { id: "asset-title" });
  const path = element("p", { class: "path" });
  const note = element("p", { class: "note" }, t("asset.unheard"));
  const list = element("ul", { class: "readings" });
  const more = element("button", { type: "button", class: "action", hidden: true });
  const none = element("p", { class: "note" }, t("asset.none"));
  const alarms = element("ul", { class: "asset-alarms" });
  const quiet = element("p", { class: "note" }, t("asset.noAlarms"));
  const steps = element("ol", { class: "steps" });
  const action = element(
    "section",
    { class: "block action-block", "data-unrecorded": true },
    element("h3", {}, t("machine.action")),
    steps,
  );
  let shownAsset: string | undefined;
  let cancelRefresh: (() => void) | undefined;
  let all: readonly PointRow[] = [];

  const rows = createKeyedList<PointRow>(
    list,
    ({ tag }) => tag,
    ({ tag, name: text, point }) => {
      const icon = element("span", { class: "cell-icon" });
      const value = element("span", { class: "reading-value" });
      const state = element("span", { class: "reading-quality" });
      const label = element("span", { class: "reading-name" }, icon, text);
      const button = element(
        "button",
        { type: "button", class: "reading", "data-tag": tag },
        label,
        value,
        state,
      );
      button.title = t("readings.show", { name: text });
      button.addEventListener("click", () => store.openTrend({ kind: "tag", id: tag }));
      return {
        element: element("li", {}, button),
        update() {
          showPoint(point, { button, icon, value, state });
        },
      };
    },
  );

  function showPoint(
    point: number,
    parts: Readonly<Record<"button" | "icon" | "state" | "value", HTMLElement>>,
  ): void {
    const view = points.view();
    const kind = view?.layout.layout.kinds[view.layout.kindOf[point] ?? 0];
    if (view === undefined || kind === undefined) return;
    const found = points.valueOf(point);
    setText(parts.value, found === undefined ? t("readings.noValue") : format.quantity(found, kind.unit));
    const state = view.state[point] ?? 0;
    const { icon, tone } = pointLook(state);
    const conversion = format.conversion(kind.unit);
    const range = t("asset.range", {
      low: format.number(convert(kind.low, conversion)),
      high: format.quantity(kind.high, kind.unit),
    });
    setText(parts.state, icon === undefined ? "" : `${pointStateText(state, t)}; ${range}`);
    setAttribute(
      parts.button,
      "data-selected",
      all.some((row) => row.point === point && row.tag === store.view().selection.point),
    );
    if (parts.icon.dataset["look"] === `${icon}`) return;
    parts.icon.dataset["look"] = `${icon}`;
    parts.icon.replaceChildren(...(icon === undefined ? [] : [iconElement(icon, tone)]));
  }

  const pointsOf = (asset: string): readonly PointRow[] => {
    const layout = points.view()?.layout;
    const index = layout?.layout.assets.findIndex(({ id }) => id === asset) ?? -1;
    if (layout === undefined || index < 0) return [];
    const template = layout.layout.templates.find(({ id }) => id === layout.layout.assets[index]?.template);
    const first = layout.firstPoint[index] ?? 0;
    return (template?.points ?? []).map((one, i) => ({
      tag: `${asset}/${one.name}`,
      name: one.name,
      point: first + i,
    }));
  };

  const showAlarms = (asset: string): void => {
    const { plant, replayMs, recorded } = store.view();
    const isTold = replayMs === undefined || recorded?.alarms !== undefined;
    setText(quiet, t(isTold ? "asset.noAlarms" : "replay.alarmsUnknown"));
    const found = alarmOrder([...plant.alarms.values()].filter(({ machine }) => machine === asset)).slice(
      0,
      10,
    );
    quiet.hidden = found.length > 0;
    alarms.replaceChildren(
      ...found.map((alarm) => {
        const text = `${reasonText(t, alarm)}, ${sinceText(alarm, t, format, now())}`;
        const open = element(
          "button",
          { type: "button", class: "link", "data-severity": alarm.severity },
          text,
        );
        open.addEventListener("click", () => store.selectAlarm(alarm.id));
        return element("li", {}, open);
      }),
    );
    const worst = found.find(({ state }) => state !== "normal" && state !== "suppressed");
    action.hidden = worst === undefined;
    const texts = worst === undefined ? [] : stepsOf(worst.reason, t);
    steps.replaceChildren(...texts.map((text) => element("li", {}, text)));
  };

  const draw = (): void => {
    const { asset, point } = store.view().selection;
    if (asset === undefined) return;
    setText(name, deps.nameOf(asset));
    setText(path, asset.split("/").slice(0, -1).join(" / "));
    if (asset !== shownAsset) {
      shownAsset = asset;
      all = pointsOf(asset);
    }
    // The chosen one is always among them.
    const chosen = all.filter(({ tag }) => tag === point);
    const shown = [...chosen, ...all.filter(({ tag }) => tag !== point)].slice(0, MOST_POINTS);
    rows.show(shown);
    none.hidden = all.length > 0;
    setText(none, t(points.view() === undefined || all.length > 0 ? "asset.none" : "asset.gone"));
    more.hidden = all.length <= MOST_POINTS;
    setText(more, t("asset.more", { n: all.length - MOST_POINTS }));
  };
  more.addEventListener("click", () => store.showAs("table"));

  const panel = element(
    "div",
    { class: "asset", hidden: true },
    element("div", { class: "summary" }, name, path, note),
    element("section", { class: "block" }, element("h3", {}, t("asset.alarms")), quiet, alarms),
    action,
    element("section", { class: "block" }, element("h3", {}, t("asset.points")), list, none, more),
  );
  const unsubscribe = points.subscribe((change) => {
    if (change.kind === "layout") shownAsset = undefined;
    if (panel.hidden) return;
    cancelRefresh ??= timers.after(REFRESH_MS, () => {
      cancelRefresh = undefined;
      draw();
    });
  });

  return {
    element: panel,
    show({ selection }, changes) {
      draw();
      if (
        selection.asset !== undefined &&
        (changes.alarms || changes.selection || changes.setting || changes.structure)
      ) {
        showAlarms(selection.asset);
      }
    },
    tick() {},
    dispose() {
      unsubscribe();
      cancelRefresh?.();
    },
  };
}
