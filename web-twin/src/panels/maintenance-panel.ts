import type { MaintenanceDto, MaintenanceEntryDto } from "@stethos/edge-agent/core";
import { element, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import { createAnalysisApi } from "../stream/analysis-api.ts";
import { inNameOf } from "./in-name-of.ts";
import { createLatest } from "./latest.ts";
import type { Panel, PanelDeps } from "./panel.ts";

const DAY_MS = 86_400_000;
const MOST_EARLIER = 10;

/** "2026-11-23T08:05" of a moment, by the clock of this desk: what a field for times holds. */
export const localField = (ms: number): string => {
  const moment = new Date(ms);
  return new Date(ms - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** What maintenance found at the chosen machine, and a form to file what it found now. */
export function createMaintenancePanel(deps: PanelDeps): Panel {
  const { t, format, now, operator, store } = deps;
  const api = createAnalysisApi(deps.ask);
  const job = createLatest();
  const abort = new AbortController();
  let asked: string | undefined;

  const last = element("p", {});
  const earlier = element("ul", { class: "orders" });
  const more = element("details", { class: "orders-more" }, element("summary"), earlier);
  const retry = element("button", { type: "button", class: "action", hidden: true }, t("error.retry"));

  const number = element("input", { type: "text", maxlength: "100", required: true, id: "order-number" });
  const finding = element(
    "select",
    { id: "order-finding" },
    element("option", { value: "fault" }, t("maintenance.fault")),
    element("option", { value: "no-fault" }, t("maintenance.no-fault")),
  );
  const from = element("input", { type: "datetime-local", required: true, id: "order-from" });
  const to = element("input", { type: "datetime-local", required: true, id: "order-to" });
  const by = element("input", { type: "text", maxlength: "80", autocomplete: "name", id: "order-by" });
  const send = element("button", { type: "submit", class: "action primary" }, t("maintenance.send"));
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const done = element("p", { class: "note", role: "status" });
  const field = (key: Parameters<typeof t>[0], box: HTMLElement): HTMLElement =>
    element("label", { class: "field", for: box.id }, element("span", {}, t(key)), box);
  const form = element(
    "form",
    { class: "order-form" },
    field("maintenance.number", number),
    field("maintenance.finding", finding),
    field("maintenance.from", from),
    field("maintenance.to", to),
    field("maintenance.by", by),
    send,
    problem,
  );
  const filing = element(
    "details",
    { class: "order-filing" },
    element("summary", { class: "action" }, t("maintenance.file")),
    form,
  );

  const textOf = ({ finding: found, time, number: of, by: who }: MaintenanceEntryDto): string =>
    t("maintenance.last", {
      finding: t(`maintenance.${found}`),
      time: format.time(Date.parse(time), now()),
      number: of,
      by: who,
    });
  const show = ({ last: newest, entries }: MaintenanceDto): void => {
    setText(last, newest === undefined ? t("maintenance.none") : textOf(newest));
    const rest = entries.slice(1, 1 + MOST_EARLIER);
    more.hidden = rest.length === 0;
    const summary = more.querySelector("summary");
    if (summary !== null) setText(summary, t("maintenance.earlier", { n: rest.length }));
    earlier.replaceChildren(...rest.map((entry) => element("li", {}, textOf(entry))));
  };

  const load = (machine: string): void => {
    retry.hidden = true;
    setText(last, "");
    more.hidden = true;
    job.run((signal) => api.maintenance(machine, signal), {
      ready: show,
      failed(error) {
        setText(last, t("maintenance.failed", { why: errorText(t, error) }));
        retry.hidden = false;
        deps.failed(error);
      },
    });
  };

  const complain = (text: string | undefined): void => {
    problem.hidden = text === undefined;
    setText(problem, text ?? "");
  };

  const file = async (machine: string): Promise<void> => {
    const fromMs = Date.parse(from.value);
    const toMs = Date.parse(to.value);
    if (!(fromMs < toMs)) {
      complain(t("maintenance.order"));
      return;
    }
    operator.rename(by.value);
    send.disabled = true;
    const order = {
      number: number.value.trim(),
      machine,
      finding: finding.value === "fault" ? ("fault" as const) : ("no-fault" as const),
      fromMs,
      toMs,
    };
    const result = await inNameOf(operator, deps.failed, (name) =>
      api.fileOrder({ ...order, by: name }, abort.signal),
    );
    if (abort.signal.aborted) return;
    send.disabled = false;
    if (result.kind === "nameless") complain(t("maintenance.nameless"));
    else if (result.kind === "failed")
      complain(t("maintenance.notFiled", { why: errorText(t, result.error) }));
    else {
      complain(undefined);
      number.value = "";
      filing.open = false;
      setText(done, t("maintenance.filed", { n: result.value }));
      load(machine);
    }
  };

  filing.addEventListener("toggle", () => {
    if (!filing.open) return;
    by.value = operator.name();
    to.value = localField(now());
    from.value = localField(now() - DAY_MS);
    complain(undefined);
    setText(done, "");
    number.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (asked !== undefined) void file(asked);
  });
  retry.addEventListener("click", () => {
    if (asked !== undefined) load(asked);
  });

  return {
    element: element(
      "section",
      { class: "block", "aria-labelledby": "maintenance-title" },
      element("h3", { id: "maintenance-title" }, t("maintenance.title")),
      last,
      more,
      retry,
      done,
      filing,
    ),
    show({ selection }) {
      filing.hidden = !deps.may("work-order");
      if (selection.machine === asked) return;
      asked = selection.machine;
      filing.open = false;
      setText(done, "");
      if (asked !== undefined && store.view().plant.machines.has(asked)) load(asked);
    },
    tick() {},
    dispose() {
      abort.abort();
      job.cancel();
    },
  };
}
