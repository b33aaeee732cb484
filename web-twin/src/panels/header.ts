import { element, setAttribute, setText } from "../dom/element.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** Where we are, whether the screen is live, who sits here and what time it is in the plant.
 *  @param parts navigation, search and settings, in this order */
export function createHeader(deps: PanelDeps, parts: readonly [Panel, ...Panel[]]): Panel {
  const { t, format, now, timeZone } = deps;
  const feed = element("span", { class: "chip feed-chip", role: "status" });
  const who = element("span", { class: "who" });
  const clock = element("time", { class: "clock" });
  const [navigation, ...rest] = parts;

  const tick = (): void => {
    const ms = now();
    setText(clock, `${format.clock(ms)} ${format.zone(ms)}`);
    setAttribute(clock, "title", timeZone);
  };
  tick();

  return {
    element: element(
      "header",
      { class: "header" },
      element("h1", { class: "brand" }, "Stethos"),
      feed,
      navigation.element,
      element("span", { class: "gap" }),
      ...rest.map((part) => part.element),
      who,
      clock,
    ),
    show(view, changes) {
      const { feed: status, session, replayMs } = view;
      // What is live is not what is shown.
      setText(feed, replayMs === undefined ? t(`feed.${status.state}`) : t("replay.banner"));
      setAttribute(feed, "data-state", status.state);
      const role = t(`session.role.${session.role}`);
      setText(who, session.name === undefined ? role : `${session.name} (${role})`);
      for (const part of parts) part.show(view, changes);
    },
    tick() {
      tick();
      for (const part of parts) part.tick();
    },
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}
