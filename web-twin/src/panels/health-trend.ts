import type { TrendDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { createLatest } from "./latest.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { spanText } from "./trend-options.ts";

const SPAN_S = 7 * 86_400;
const BUCKETS = 168;
const RELOAD_MS = 300_000;
const SIZE = { width: 168, height: 36 } as const;
const SVG = "http://www.w3.org/2000/svg";

/** The line in a box of 168 x 36: 0 at its foot, 100 at its head; broken where nothing was known. */
export function healthPath({ mean }: Pick<TrendDto, "mean">): string {
  let isDrawing = false;
  return mean
    .map((value, i) => {
      if (value === null) {
        isDrawing = false;
        return "";
      }
      const step = `${isDrawing ? "L" : "M"}${i} ${(SIZE.height * (1 - value / 100)).toFixed(1)}`;
      // A single hour is a dot: a line of no length with round ends.
      const dot = isDrawing ? "" : "h0";
      isDrawing = true;
      return step + dot;
    })
    .join("");
}

/** How the health of the chosen machine went over the last week. */
export function createHealthTrend(deps: PanelDeps): Panel {
  const { api, store, t, format, now } = deps;
  const job = createLatest();
  let asked: string | undefined;
  let askedMs = 0;
  const span = spanText(SPAN_S, t, format);
  const path = document.createElementNS(SVG, "path");
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${SIZE.width} ${SIZE.height}`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("class", "sparkline");
  picture.setAttribute("role", "img");
  picture.append(path);
  const caption = element("p", { class: "note" });
  const open = element("button", { type: "button", class: "action" }, t("trend.open"));
  open.addEventListener("click", () => {
    if (asked !== undefined) store.openTrend({ kind: "health", id: asked });
  });

  const show = (trend: TrendDto): void => {
    const known = trend.mean.filter((value) => value !== null);
    const [first] = known;
    const last = known.at(-1);
    picture.toggleAttribute("hidden", first === undefined);
    setText(caption, first === undefined ? t("health.trendNone") : t("health.trend", { span }));
    if (first === undefined || last === undefined) return;
    path.setAttribute("d", healthPath(trend));
    const label = t("health.trendLabel", {
      span,
      first: format.whole(first),
      last: format.whole(last),
      low: format.whole(Math.min(...known)),
    });
    setAttribute(picture, "aria-label", label);
  };

  const load = (id: string): void => {
    askedMs = now();
    const request = { kind: "health" as const, id, fromMs: askedMs - SPAN_S * 1000, toMs: askedMs };
    job.run((signal) => api.trend({ ...request, buckets: BUCKETS }, signal), {
      ready: show,
      failed(error) {
        picture.toggleAttribute("hidden", true);
        setText(caption, t("health.trendNone"));
        deps.failed(error);
      },
    });
  };

  return {
    element: element("div", { class: "health-trend" }, picture, caption, open),
    show({ selection: { machine } }) {
      if (machine === asked) return;
      asked = machine;
      path.removeAttribute("d");
      if (machine !== undefined) load(machine);
    },
    tick() {
      if (asked !== undefined && now() - askedMs > RELOAD_MS) load(asked);
    },
    dispose: () => job.cancel(),
  };
}
