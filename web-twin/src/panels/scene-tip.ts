import { pointTag } from "@stethos/edge-agent/core";
import { element, setText } from "../dom/element.ts";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import { GLYPH_COLOURS, Glyph, glyphOf } from "../scene/glyph.ts";
import type { Target } from "../scene/pick.ts";
import type { PointStore, PointsView } from "../state/points.ts";

/** What lies under the pointer, in words. */
export interface SceneTip {
  readonly element: HTMLElement;
  show(target: Target, x: number, y: number): void;
  hide(): void;
}

export interface TipWords {
  readonly t: Translate;
  readonly format: Format;
}

const OFFSET = 14;
const WIDTH = 260;
const HEIGHT = 90;

function stateText(state: number, t: Translate): string {
  const glyph = glyphOf(state);
  const colour = GLYPH_COLOURS[(glyph & Glyph.colour) >> 3] ?? "normal";
  const text = t(`twin.state.${colour}`);
  return (glyph & Glyph.unseen) === 0 ? text : t("twin.unseen", { state: text });
}

/** @param now ms since 1970 by the agent's clock */
export function createSceneTip(
  host: HTMLElement,
  points: PointStore,
  words: () => TipWords | undefined,
  now: () => number,
): SceneTip {
  const lines = Array.from({ length: 3 }, () => element("div"));
  const tip = element("div", { class: "scene-tip", "aria-hidden": "true", hidden: true }, ...lines);

  const pointLines = (view: PointsView, point: number, { t, format }: TipWords): readonly string[] => {
    const { layout } = view;
    const asset = layout.layout.assets[layout.assetOf[point] ?? 0];
    const kind = layout.layout.kinds[layout.kindOf[point] ?? 0];
    const value = points.valueOf(point);
    const shown = value === undefined ? t("twin.noValue") : format.quantity(value, kind?.unit ?? "1");
    const age =
      view.timeMs === undefined ? "" : ` · ${t("twin.age", { age: format.age(now() - view.timeMs) })}`;
    return [
      pointTag(layout, point),
      `${shown} · ${stateText(view.state[point] ?? 0, t)}`,
      `${[asset?.name, asset?.code].filter((part) => part !== undefined).join(" ")}${age}`,
    ];
  };
  const assetLines = (view: PointsView, a: number, { t, format }: TipWords): readonly string[] => {
    const { layout } = view;
    const asset = layout.layout.assets[a];
    const count = (layout.firstPoint[a + 1] ?? 0) - (layout.firstPoint[a] ?? 0);
    return [
      [asset?.name, asset?.code].filter((part) => part !== undefined).join(" ") || (asset?.id ?? ""),
      `${stateText(view.rollUp[a] ?? 0, t)} · ${t("twin.points", { n: format.whole(count) })}`,
      asset?.id ?? "",
    ];
  };

  return {
    element: tip,
    show(target, x, y) {
      const view = points.view();
      const said = words();
      if (view === undefined || said === undefined) return;
      const texts =
        target.kind === "point" ? pointLines(view, target.index, said) : assetLines(view, target.index, said);
      lines.forEach((line, i) => {
        setText(line, texts[i] ?? "");
      });
      const left = x + OFFSET + WIDTH > host.clientWidth ? x - OFFSET - WIDTH : x + OFFSET;
      const top = y + OFFSET + HEIGHT > host.clientHeight ? y - OFFSET - HEIGHT : y + OFFSET;
      tip.style.transform = `translate(${Math.max(0, Math.round(left))}px, ${Math.max(0, Math.round(top))}px)`;
      tip.hidden = false;
    },
    hide() {
      tip.hidden = true;
    },
  };
}
