import { createManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../core/alarm-types.ts";
import { EdgeError } from "../core/errors.ts";
import { isOpen } from "../core/feed-map.ts";
import type { InhibitCommand } from "../core/inhibit.ts";
import type { AuditEntry } from "../core/rollout/rollout-report.ts";
import type { Logger } from "../ports/logger.ts";
import type { StateFile } from "../ports/state-file.ts";
import { createInhibitAlarms } from "./inhibit-alarms.ts";

const MINUTE_MS = 60_000;
const SOURCE = "m/v";
const shelve = (minutes = 10, by = "Ada"): InhibitCommand => ({
  kind: "shelve",
  source: SOURCE,
  by,
  reason: "noise",
  minutes,
});
const unshelve: InhibitCommand = { kind: "unshelve", source: SOURCE, by: "Bob" };
const out: InhibitCommand = { kind: "out-of-service", source: SOURCE, by: "Eve", reason: "broken" };
const giveBack: InhibitCommand = { kind: "return-to-service", source: SOURCE, by: "Eve" };

const alarm = (more: Partial<Alarm> = {}): Alarm => ({
  id: "a",
  machine: "m",
  sensor: SOURCE,
  state: "unacknowledged-active",
  severity: "alarm",
  raisedUs: 1,
  peakAnomaly: 0.9,
  reason: "anomaly",
  evidence: {},
  ...more,
});

/** A file in memory; `fails` refuses to be written. */
function aFile(text?: string): StateFile & { text: string | undefined; fails: boolean } {
  const file = {
    text,
    fails: false,
    read: async () => file.text,
    async write(next: string) {
      if (file.fails) throw new EdgeError("DISK_FULL", "the disk is full");
      file.text = next;
    },
  };
  return file;
}

async function start(file = aFile(), clock = createManualClock()) {
  const seen: Alarm[] = [];
  const told: string[] = [];
  const audited: Omit<AuditEntry, "sequence">[] = [];
  const errors: string[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (_, message) => void errors.push(message),
    child: () => logger,
  };
  let raised: Alarm | undefined;
  const layer = await createInhibitAlarms({
    clock,
    logger,
    state: file,
    audit: {
      async append(entry) {
        audited.push(entry);
        return { sequence: audited.length, ...entry };
      },
      newest: async () => [],
    },
    acknowledge(id, by) {
      if (raised?.id !== id) return undefined;
      if (raised.acknowledgedUs === undefined)
        raise({ ...raised, state: "acknowledged-active", acknowledgedUs: clock.nowUs(), acknowledgedBy: by });
      return raised;
    },
    onAlarm: (one) => void seen.push(one),
    onInhibit: (source) => void told.push(source),
  });
  const raise = (one: Alarm): Alarm => {
    raised = one;
    return layer.onAlarm(one);
  };
  layer.setPlant((machine) => (machine === "m" ? "high" : "normal"), new Set([SOURCE, "m/t"]));
  const stopping = new AbortController();
  const running = layer.run(stopping.signal);
  const kinds = () => seen.map(({ state, inhibit }) => `${state} ${inhibit?.kind ?? "-"}`);
  const stop = async () => {
    stopping.abort();
    await running;
    await layer.close();
  };
  return { layer, file, clock, seen, told, audited, errors, raise, kinds, stop };
}

describe("the layer over the alarms", () => {
  it("gives each alarm its priority and lets it pass where nothing lies over its source", async () => {
    const { raise, seen, stop } = await start();
    raise(alarm());
    raise(alarm({ id: "b", machine: "other", sensor: "other/v" }));
    expect(seen.map(({ priority, inhibit }) => [priority, inhibit])).toEqual([
      ["critical", undefined],
      ["high", undefined],
    ]);
    await stop();
  });

  it("keeps a shelved source's alarm from the operators and brings it up as it is when the time is over", async () => {
    const { layer, clock, raise, kinds, audited, told, stop } = await start();
    expect(await layer.command(shelve())).toMatchObject({
      kind: "done",
      inhibit: { kind: "shelved", by: "Ada" },
    });
    raise(alarm());
    expect(kinds()).toEqual(["unacknowledged-active shelved"]);
    await clock.advance(10 * MINUTE_MS + 1000);
    expect(kinds().at(-1)).toBe("unacknowledged-active -");
    expect(layer.inhibits()).toEqual([]);
    await layer.close();
    expect(audited.map(({ by, what }) => `${by} ${what}`)).toEqual([
      "Ada alarm-shelved",
      "agent alarm-unshelved",
    ]);
    expect(audited[0]?.detail).toMatchObject({ source: SOURCE, reason: "noise", renewed: false });
    expect(audited[1]?.detail).toMatchObject({ alarm: "a", why: "its time was over" });
    expect(told).toEqual([SOURCE, SOURCE]);
    await stop();
  });

  it("says in the audit that a shelving was renewed", async () => {
    const { layer, audited, stop } = await start();
    await layer.command(shelve());
    await layer.command(shelve(60, "Bob"));
    expect(audited.map(({ by, detail }) => [by, detail["renewed"]])).toEqual([
      ["Ada", false],
      ["Bob", true],
    ]);
    expect(layer.inhibits()).toHaveLength(1);
    await stop();
  });

  it("refuses what it does not know, and what is out of service already", async () => {
    const { layer, stop, audited } = await start();
    expect(await layer.command({ ...out, source: "none" })).toEqual({ kind: "refused", why: "unknown" });
    await layer.command(out);
    expect(await layer.command(shelve())).toEqual({ kind: "refused", why: "out-of-service" });
    expect(await layer.command(unshelve)).toEqual({ kind: "done" });
    expect(await layer.command(giveBack)).toEqual({ kind: "done" });
    expect(audited.map(({ what }) => what)).toEqual([
      "alarm-taken-out-of-service",
      "alarm-returned-to-service",
    ]);
    await stop();
  });

  it("knows after a restart what was shelved and out of service", async () => {
    const first = await start();
    await first.layer.command(shelve());
    await first.layer.command({ ...out, source: "m/t" });
    await first.stop();
    const second = await start(first.file, first.clock);
    expect(
      second.layer
        .inhibits()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["out-of-service", "shelved"]);
    second.raise(alarm());
    expect(second.kinds()).toEqual(["unacknowledged-active shelved"]);
    await second.stop();
  });

  it("shows everything, and says so, where the list cannot be read", async () => {
    const { layer, raise, kinds, errors, stop } = await start(aFile("{"));
    raise(alarm());
    expect(kinds()).toEqual(["unacknowledged-active -"]);
    expect([layer.inhibits(), errors]).toEqual([
      [],
      ["what was shelved or out of service is not known; all alarms show"],
    ]);
    await stop();
  });

  it("silences nothing that a full disk would forget, and lifts in spite of it", async () => {
    const { layer, file, errors, clock, stop } = await start();
    file.fails = true;
    await expect(layer.command(shelve())).rejects.toThrow("the disk is full");
    expect(layer.inhibits()).toEqual([]);
    file.fails = false;
    await layer.command(shelve());
    file.fails = true;
    await expect(layer.command(unshelve)).rejects.toThrow("the disk is full");
    expect(layer.inhibits()).toEqual([]);
    file.fails = false;
    await layer.command(shelve());
    file.fails = true;
    await clock.advance(11 * MINUTE_MS);
    await layer.close();
    expect([layer.inhibits(), errors]).toEqual([[], ["the end of a shelving could not be recorded"]]);
    await stop();
  });

  it("suppresses by design while its condition holds, beneath what people took out of service", async () => {
    const { layer, raise, kinds, audited, stop } = await start();
    raise(alarm());
    layer.suppress([SOURCE], "speed < 10", true);
    layer.suppress([SOURCE], "speed < 10", true);
    await layer.command(out);
    layer.suppress([SOURCE], "speed < 10", false);
    await layer.command(giveBack);
    expect(kinds()).toEqual([
      "unacknowledged-active -",
      "unacknowledged-active suppressed-by-design",
      "unacknowledged-active out-of-service",
      "unacknowledged-active -",
    ]);
    expect(audited).toHaveLength(2);
    await stop();
  });

  it("records who acknowledged, once", async () => {
    const { layer, raise, audited, stop } = await start();
    raise(alarm());
    expect(layer.acknowledge("a", "Ada")).toMatchObject({
      state: "acknowledged-active",
      priority: "critical",
    });
    expect(layer.acknowledge("a", "Bob")).toMatchObject({ acknowledgedBy: "Ada" });
    expect(layer.acknowledge("none", "Bob")).toBeUndefined();
    await stop();
    expect(audited).toMatchObject([
      { by: "Ada", what: "alarm-acknowledged", detail: { alarm: "a", source: SOURCE } },
    ]);
  });

  it("hides nothing after the end, whatever happens in whatever order", async () => {
    const step = fc.constantFrom(
      "raise",
      "clear",
      "shelve",
      "unshelve",
      "out",
      "return",
      "design",
      "undesign",
      "wait",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (script) => {
        const { layer, raise, clock, seen, stop } = await start();
        let last: Alarm | undefined;
        const put = (one: Alarm): void => {
          last = raise(one);
        };
        const actions: Record<string, () => unknown> = {
          raise: () => put(alarm()),
          clear: () => put(alarm({ state: "normal" })),
          design: () => layer.suppress([SOURCE], "why", true),
          undesign: () => layer.suppress([SOURCE], "why", false),
          wait: () => clock.advance(3 * MINUTE_MS),
          shelve: () => layer.command(shelve(5)),
          unshelve: () => layer.command(unshelve),
          out: () => layer.command(out),
          return: () => layer.command(giveBack),
        };
        for (const one of script) await actions[one]?.();
        layer.suppress([SOURCE], "why", false);
        await layer.command(giveBack);
        await clock.advance(6 * MINUTE_MS);
        const shown = seen.at(-1);
        expect(shown?.state).toBe((last as Alarm | undefined)?.state);
        if (shown !== undefined) expect(isOpen(shown)).toBe(shown.state !== "normal");
        expect(layer.inhibits()).toEqual([]);
        await stop();
      }),
      { numRuns: 60 },
    );
  });
});
