import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createFakeSources, EVENTS } from "../../edge-agent/src/adapters/metrics/fake-sources.ts";
import { createMetrics } from "../../edge-agent/src/adapters/metrics/metrics.ts";
import { metricTable, rowsOf } from "../../edge-agent/src/adapters/metrics/table.ts";
import {
  rowsOf as controllerRowsOf,
  eventTable,
  stateTable,
} from "../../k8s/controller/src/metrics/table.ts";
import { hasPrometheus, metricsIn, promtool, root, rulesFile } from "./promtool.ts";
import { silent } from "./silent-logger.ts";

interface Row {
  readonly type: string;
  readonly labels: readonly string[];
}

const CONTROLLER = "controller_";
const agentRows: readonly (readonly [string, Row])[] = rowsOf(metricTable);
const controllerRows: readonly (readonly [string, Row])[] = [
  ...controllerRowsOf(eventTable),
  ...controllerRowsOf(stateTable),
].map(([name, row]) => [`${CONTROLLER}${name}`, row]);
/** Of the agent and the controller, without "stethos_". */
const rows = new Map([...agentRows, ...controllerRows]);
const SERIES = /_(bucket|count|sum)$/;
// promtool plays hours of samples.
const SLOW_MS = 300_000;

/** A histogram has series of its own, and nothing else has. */
function isKnown(name: string): boolean {
  const row = rows.get(name);
  if (row !== undefined) return row.type !== "histogram";
  return SERIES.test(name) && rows.get(name.replace(SERIES, ""))?.type === "histogram";
}

/** Labels that are asked for in a selector or a grouping, by metric. */
function strangeLabels(promql: string): readonly string[] {
  return [...promql.matchAll(/\bstethos_([a-z0-9_]+)\{([^}]*)\}/g)].flatMap(
    ([, name = "", selector = ""]) => {
      const labels = rows.get(name)?.labels ?? rows.get(name.replace(SERIES, ""))?.labels ?? [];
      return [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)]
        .map(([, label = ""]) => label)
        .filter((label) => !["instance", "job", "le", ...labels].includes(label))
        .map((label) => `${name}{${label}}`);
    },
  );
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook?: string };
}

const dashboard = JSON.parse(readFileSync(join(root, "k8s/grafana/stethos.json"), "utf8")) as {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
};
const { groups } = parse(readFileSync(rulesFile, "utf8")) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap(({ rules: own }) => own);

describe("the dashboard", { timeout: SLOW_MS }, () => {
  const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  );

  it("asks only for metrics and labels that the agent or the controller has", () => {
    expect(queries.length).toBeGreaterThan(40);
    for (const [title, expr] of queries) {
      expect([title, metricsIn(expr).length > 0]).toEqual([title, true]);
      expect([title, metricsIn(expr).filter((name) => !isKnown(name))]).toEqual([title, []]);
      expect([title, strangeLabels(expr)]).toEqual([title, []]);
    }
  });

  it("names in its legends only labels that are there", () => {
    for (const { title, targets = [] } of dashboard.panels)
      for (const { expr, legendFormat } of targets) {
        const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
          list.split(/,\s*/),
        );
        const own = metricsIn(expr).flatMap((name) => rows.get(name)?.labels ?? []);
        const known = grouped.length > 0 ? grouped : [...own, "instance"];
        const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
        expect([title, named.filter((label) => !known.includes(label))]).toEqual([title, []]);
      }
  });

  it("is a dashboard of today's schema: ids once, panels beside each other, none over another", () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.has(`${x} ${y}`)]).toEqual([title, false]);
          taken.add(`${x} ${y}`);
        }
    }
  });

  it("has a row for each part of the agent, and one for the controller", () => {
    expect(dashboard.panels.filter(({ type }) => type === "row").map(({ title }) => title)).toEqual([
      "Acquisition",
      "Outbox and sinks",
      "Model and drift",
      "Machines and alarms",
      "Resources",
      "Rollout controller",
    ]);
  });

  it.runIf(hasPrometheus)("asks in PromQL that Prometheus understands", () => {
    const groups = [
      {
        name: "dashboard",
        rules: queries.map(([, expr], i) => ({
          record: `panel:${i}`,
          expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"),
        })),
      },
    ];
    withFile("dashboard.yaml", JSON.stringify({ groups }), (file) => {
      const { status, text } = promtool(["check", "rules", file]);
      expect([status, text]).toEqual([0, expect.stringContaining("SUCCESS")]);
    });
  });
});

describe("the alert rules", { timeout: SLOW_MS }, () => {
  const alerts = rules.filter(({ alert }) => alert !== undefined);

  it("ask only for metrics and labels that the agent or the controller has", () => {
    for (const { alert, record, expr } of rules) {
      const rule = alert ?? record;
      expect([rule, metricsIn(expr).filter((name) => !isKnown(name))]).toEqual([rule, []]);
      expect([rule, strangeLabels(expr)]).toEqual([rule, []]);
    }
  });

  it("say how bad it is, what happened, and what to do", () => {
    expect(alerts.length).toBeGreaterThan(20);
    for (const { alert, labels, annotations } of alerts) {
      expect([alert, labels?.severity]).toEqual([alert, expect.stringMatching(/^(critical|info|warning)$/)]);
      expect(annotations?.summary).toContain("{{ $labels.");
      expect(annotations?.runbook?.length).toBeGreaterThan(40);
    }
  });

  it("rest each on a metric that is there, or on what Prometheus itself says of a target", () => {
    for (const { alert, expr } of alerts) {
      const own = metricsIn(expr).filter(isKnown);
      const isOfTarget = /\bup\{job="stethos(-controller)?"\}/.test(expr);
      const isOfRecord = rules.some(({ record }) => record !== undefined && expr.includes(record));
      expect([alert, own.length > 0 || isOfTarget || isOfRecord]).toEqual([alert, true]);
    }
  });

  it("watch agents and controller alike, each in groups of its own", () => {
    for (const { name, rules: own } of groups) {
      const metrics = own.flatMap(({ expr }) => metricsIn(expr));
      const isControllers = name === "stethos-controller";
      const strange = metrics.filter((metric) => metric.startsWith(CONTROLLER) !== isControllers);
      expect([name, own.length > 0, strange]).toEqual([name, true, []]);
    }
    expect(groups.map(({ name }) => name)).toContain("stethos-controller");
  });

  it("have each a case in which they come", () => {
    const cases = readFileSync(join(import.meta.dirname, "alert-rules.test.yaml"), "utf8");
    expect(alerts.filter(({ alert = "" }) => !cases.includes(alert))).toEqual([]);
  });

  it.runIf(hasPrometheus)("are what promtool takes for rules, and so is the scrape configuration", () => {
    const checked = promtool(["check", "rules", rulesFile]);
    expect([checked.status, checked.text]).toEqual([0, expect.stringContaining("SUCCESS")]);
    const config = promtool(["check", "config", join(root, "k8s/prometheus/stethos-scrape.yaml")]);
    expect([config.status, config.text]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });

  it.runIf(hasPrometheus)("come when they should and keep quiet when all is well", () => {
    const { status, text } = promtool(["test", "rules", join(import.meta.dirname, "alert-rules.test.yaml")]);
    expect([status, text]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });

  it.runIf(hasPrometheus).each([
    [
      "a threshold that is never reached",
      "0.9 * stethos_outbox_limit_bytes",
      "9 * stethos_outbox_limit_bytes",
    ],
    ["a guard that is gone", ">= 3", ">= 0"],
    [
      "a leader too many that nobody hears of",
      "stethos_controller_leader) > 1",
      "stethos_controller_leader) > 9",
    ],
    ["an alert of what is meant", 'cause!="operator"', 'cause!="nobody"'],
  ])("are held by their cases: %s turns them red", (_, from, to) => {
    const text = readFileSync(rulesFile, "utf8");
    expect(text).toContain(from);
    const cases = readFileSync(join(import.meta.dirname, "alert-rules.test.yaml"), "utf8");
    withFile("rules.yaml", text.replaceAll(from, to), (file) => {
      withFile("cases.yaml", cases.replace(/ - \.\..*stethos-rules\.yaml/, ` - ${file}`), (test) => {
        expect(promtool(["test", "rules", test]).status).toBe(1);
      });
    });
  });
});

describe("the metrics", () => {
  it.runIf(hasPrometheus)("have no fault that promtool knows", async () => {
    const metrics = createMetrics(createFakeSources(), { logger: silent });
    for (const event of EVENTS) metrics.emit(event);
    const { status, text } = promtool(["check", "metrics"], await metrics.text(new AbortController().signal));
    expect([status, text]).toEqual([0, ""]);
  });
});

function withFile(name: string, text: string, use: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "stethos-prometheus-"));
  try {
    writeFileSync(join(folder, name), text);
    use(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
