import { element } from "../dom/element.ts";
import type { ListRow } from "./alarm-rows.ts";
import type { PanelDeps } from "./panel.ts";

/** The whole list as plain paper wants it: on the screen stands only what is in sight.
 *  @returns ends it */
export function fillForPrinting(
  { t, format, now, store }: PanelDeps,
  host: HTMLElement,
  source: () => { readonly rows: readonly ListRow[]; readonly filter: string },
): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const heads = [
    t("alarm.priority"),
    t("alarm.column.time"),
    t("alarm.column.machine"),
    t("alarm.column.reason"),
    t("alarm.column.area"),
    t("alarm.column.state"),
  ];
  const line = (row: ListRow): HTMLElement => {
    if (row.kind === "flood") return element("tr", {}, element("td", { colspan: "6" }, row.text));
    const cells = [row.priorityText, row.since, row.machineName, row.reason, row.area, row.stateText];
    return element("tr", {}, ...cells.map((text) => element("td", {}, text)));
  };
  addEventListener(
    "beforeprint",
    () => {
      const { rows, filter } = source();
      const ms = now();
      const [machine] = store.view().plant.machines.values();
      host.replaceChildren(
        element(
          "p",
          {},
          t("alarm.printed", {
            plant: machine?.path.site ?? "Stethos",
            time: `${format.date(ms)} ${format.clock(ms)} ${format.zone(ms)}`,
            filter: filter === "" ? t("alarm.printedAll") : filter,
          }),
        ),
        element(
          "table",
          {},
          element(
            "thead",
            {},
            element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text))),
          ),
          element("tbody", {}, ...rows.map(line)),
        ),
      );
    },
    { signal },
  );
  addEventListener("afterprint", () => host.replaceChildren(), { signal });
  return () => abort.abort();
}
