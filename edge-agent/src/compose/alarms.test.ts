import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditLog } from "../adapters/audit-log/audit-log.ts";
import type { AgentConfig } from "../config.ts";
import type { Alarm } from "../core/alarm-types.ts";
import type { ReadingBatch } from "../core/reading.ts";
import { NO_RULES, type Rule, type RuleSet } from "../core/rules/rule.ts";
import type { Tag } from "../core/tag.ts";
import type { Logger } from "../ports/logger.ts";
import { createAlarms } from "./alarms.ts";

const warned: unknown[] = [];
const logger: Logger = {
  debug() {},
  info() {},
  warn: (fields) => void warned.push(fields),
  error() {},
  child: () => logger,
};
const path = { site: "s", area: "a", line: "l", cell: "c", asset: "pump" };
const tag = (name: string, high?: number): Tag => ({
  id: `s/a/l/c/pump/${name}`,
  path,
  name,
  device: "plc",
  protocol: "s7",
  address: "DB1,REAL0",
  unit: "Cel",
  scale: 1,
  offset: 0,
  ...(high !== undefined && { limits: { high, hysteresis: 0, delayS: 0 } }),
});
const TAGS = [tag("temperature", 80), tag("speed")];
const SOURCE = TAGS[0]?.id ?? "";

const batch = (...values: readonly number[]): ReadingBatch => ({
  count: values.length,
  tag: Uint32Array.from(values, (_, i) => i),
  value: Float64Array.from(values),
  status: new Uint32Array(values.length),
  sourceTimeUs: new Float64Array(values.length),
  agentTimeUs: 1000,
  sequence: new Float64Array(values.length),
  other: new Map(),
});

const MACHINE = "s/a/l/c/pump";
const HOT: Rule = {
  name: "hot",
  version: "v1",
  when: "machine.temperature > 80",
  holdUs: 0,
  clearUs: 0,
  severity: "alarm",
  predicate: (values) => values.number(0) > 80,
  inputs: [{ text: "machine.temperature" }],
  messages: [],
  engine: "closures",
};
const RULES: RuleSet = {
  version: "v1",
  rules: [HOT],
  instances: [{ rule: HOT, machine: MACHINE, inputs: [{ kind: "reading", tag: SOURCE, type: "double" }] }],
  tags: new Map([[SOURCE, { periodUs: 1e6, isByChange: false }]]),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stethos-alarms-"));
});
afterEach(() => {
  warned.length = 0;
  rmSync(folder, { recursive: true, force: true });
});

async function start(alarms: readonly Alarm[] = [], rules = NO_RULES) {
  const clock = createManualClock();
  const seen: Alarm[] = [];
  const told: string[] = [];
  const audit = await openAuditLog({ file: join(folder, "audit.ndjson") }, clock.nowUs);
  const all = await createAlarms({
    clock,
    logger,
    random: () => 0.5,
    telemetry: { emit: () => undefined },
    dataPlane: undefined,
    node: "edge-7",
    dataFolder: folder,
    audit,
    alarms,
    acknowledge: () => undefined,
    onAlarm: (one) => void seen.push(one),
    onInhibit: (source) => void told.push(source),
  });
  const suppressions = [
    { rule: { tag: "s/a/l/c/pump/speed", below: 10 }, sources: [SOURCE], machine: MACHINE },
  ];
  const config = { tags: TAGS, suppressions, rules } as unknown as AgentConfig;
  all.setPlant(
    config,
    [{ id: "s/a/l/c/pump", name: "Pump", path, sensors: [], criticality: "high", tags: [] }],
    TAGS,
  );
  const kinds = () => seen.map(({ state, inhibit }) => `${state} ${inhibit?.kind ?? "-"}`);
  return { all, audit, seen, told, kinds };
}

describe("the alarms of an agent", () => {
  it("are limits under what lies over them, with the machine's priority", async () => {
    const { all, seen, kinds, audit } = await start();
    all.onReadings(batch(81, 5));
    expect(seen[0]).toMatchObject({ priority: "high", severity: "warning", reason: "limit-high" });
    expect(warned).toMatchObject([{ source: SOURCE, severity: "warning", reason: "limit-high" }]);
    all.onReadings(batch(82, 50));
    expect(all.acknowledge(seen[0]?.id ?? "", "Ada")).toMatchObject({ state: "acknowledged-active" });
    expect(kinds()).toEqual([
      "unacknowledged-active suppressed-by-design",
      "unacknowledged-active -",
      "acknowledged-active -",
    ]);
    await audit.close();
  });

  it("are silent with their machine where a rule raises them", async () => {
    const { all, seen, audit } = await start([], RULES);
    all.onReadings(batch(81, 5));
    const of = (reason: string) =>
      seen.filter((one) => one.reason === reason).map(({ inhibit }) => inhibit?.kind);
    expect(of("rule").at(-1)).toBe("suppressed-by-design");
    all.onReadings(batch(82, 50));
    expect(of("rule").at(-1)).toBeUndefined();
    await audit.close();
  });

  it("know after a kill what was taken out of service, and tell it", async () => {
    const before = await start();
    before.all.onReadings(batch(81, 50));
    await before.all.command({ kind: "out-of-service", source: SOURCE, by: "Eve", reason: "broken" });
    // Nothing is closed in order: what the command promised is on disk.
    const { all, told, kinds, audit } = await start(before.seen.slice(-1));
    expect(all.inhibits()).toMatchObject([{ kind: "out-of-service", by: "Eve", source: SOURCE }]);
    expect([told, kinds()]).toEqual([[SOURCE], ["unacknowledged-active out-of-service"]]);
    const { signal } = new AbortController();
    expect(await audit.newest(5, signal)).toMatchObject([{ by: "Eve", what: "alarm-taken-out-of-service" }]);
    await audit.close();
    await before.audit.close();
  });
});
