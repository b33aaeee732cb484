import { element, setAttribute, setText } from "../dom/element.ts";
import type { MessageKey } from "../i18n/en.ts";
import { type Place, placeHash, placeOf } from "../state/place.ts";
import { badgeOf } from "./models-badge.ts";
import type { Panel, PanelDeps } from "./panel.ts";

interface Target {
  readonly place: Place;
  readonly words: MessageKey;
  readonly key: string;
}

const PAGES: readonly Target[] = [
  { place: { page: "plant", manner: "scene" }, words: "page.scene", key: "scene" },
  { place: { page: "plant", manner: "plan" }, words: "page.plan", key: "plan" },
  { place: { page: "plant", manner: "table" }, words: "page.table", key: "table" },
  { place: { page: "alarms" }, words: "page.alarms", key: "alarms" },
  { place: { page: "trends" }, words: "page.trends", key: "trends" },
  { place: { page: "models" }, words: "page.models", key: "models" },
];

/** The pages as real links: they can be opened in another window, kept and sent. */
export function createNavigation({ t, format }: PanelDeps): Panel {
  const badge = element("span", { class: "badge", hidden: true });
  const links = PAGES.map(({ place, words, key }) => ({
    place,
    link: element(
      "a",
      {
        href: placeHash(place),
        class: "nav-link",
        "data-go": key,
        ...(key === "models" && { "data-models": true }),
      },
      t(words),
      ...(key === "models" ? [" ", badge] : []),
    ),
  }));
  const plant = element(
    "span",
    { class: "nav-plant", role: "group", "aria-label": t("page.plant") },
    ...links.filter(({ place }) => place.page === "plant").map(({ link }) => link),
  );
  const others = links.filter(({ place }) => place.page !== "plant").map(({ link }) => link);

  return {
    element: element("nav", { class: "nav", "aria-label": t("page.navigation") }, plant, ...others),
    show(view, changes) {
      const here = placeHash(placeOf(view));
      for (const { place, link } of links) {
        setAttribute(link, "aria-current", placeHash(place) === here ? "page" : undefined);
      }
      if (!changes.models) return;
      const { models } = view.plant;
      const wants = models === undefined ? undefined : badgeOf(models, t, format);
      badge.hidden = wants === undefined;
      setText(badge, wants ?? "");
    },
    tick() {},
    dispose() {},
  };
}
