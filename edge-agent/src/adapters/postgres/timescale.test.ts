import { describe, expect, it } from "vitest";
import { MIGRATIONS, TIMED_TABLES } from "./migrations.ts";
import { postgresOptions } from "./options.ts";
import type { Layout } from "./schema/step.ts";
import { CHUNK_INTERVAL } from "./schema/timed.ts";
import { AGGREGATES, isBeyondPolicies, policyStatements, refreshStatements } from "./timescale.ts";

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
const NOW_US = 1_795_420_800_000_000;
const LEAST_RETENTION_DAYS = 2;

const sqlOf = (layout: Layout): string => MIGRATIONS.map((step) => step.sql[layout]).join("\n");

describe("the statements for TimescaleDB", () => {
  it("never look back as far as the shortest retention, which would wipe aggregates", () => {
    const options = { kind: "postgres", url: "postgres://a@b/c" };
    expect(postgresOptions.safeParse({ ...options, retentionDays: LEAST_RETENTION_DAYS }).success).toBe(true);
    expect(postgresOptions.safeParse({ ...options, retentionDays: LEAST_RETENTION_DAYS - 1 }).success).toBe(
      false,
    );
    for (const { lookBackHours } of AGGREGATES) expect(lookBackHours).toBeLessThan(24 * LEAST_RETENTION_DAYS);
  });

  it("cut chunks where buckets end", () => {
    expect(CHUNK_INTERVAL).toBe("1 day");
    for (const { bucketMinutes } of AGGREGATES) expect((24 * 60) % bucketMinutes).toBe(0);
  });

  it("look back further than a bucket is long, and begin behind the newest one", () => {
    for (const { bucketMinutes, lookBackHours } of AGGREGATES) {
      expect(60 * lookBackHours).toBeGreaterThanOrEqual(2 * bucketMinutes);
    }
  });

  it("make every timed table a hypertable before an aggregate stands on it", () => {
    const sql = sqlOf("timescale");
    for (const table of TIMED_TABLES) {
      expect(sql.match(new RegExp(`create_hypertable\\('${table}'`, "g"))).toHaveLength(1);
      expect(sql).toContain(`ALTER TABLE ${table} SET (timescaledb.compress`);
    }
    for (const { name } of AGGREGATES) {
      expect(sql.indexOf("create_hypertable('reading'")).toBeLessThan(sql.indexOf(`VIEW ${name}`));
      // With data it could not run in the migration's transaction.
      expect(sql.slice(sql.indexOf(`VIEW ${name}`))).toMatch(/^[^;]*WITH NO DATA;/);
    }
    expect(sql).toContain("compress_segmentby = 'tag_id'");
    expect(sql).not.toContain("PARTITION BY");
  });

  it("are not in what a plain PostgreSQL is told", () => {
    expect(sqlOf("plain")).not.toMatch(/timescale|hypertable|time_bucket/);
  });

  it("set what is missing or different, and leave alone what is right", () => {
    const policies = { retentionDays: 30, compressAfterDays: 2 };
    const all = policyStatements("plant", "public", policies, []);
    expect(all).toContain(
      `SELECT "public".add_retention_policy('"plant"."reading"'::regclass, INTERVAL '30 days')`,
    );
    expect(all).toHaveLength(TIMED_TABLES.length * 4 + AGGREGATES.length);
    const found = TIMED_TABLES.flatMap((table) => [
      { table, kind: "retention" as const, days: table === "score" ? 31 : 30 },
      { table, kind: "compression" as const, days: 2 },
    ]);
    const changes = policyStatements("plant", "public", policies, found).filter(
      (text) => !text.includes("aggregate"),
    );
    expect(changes).toEqual([
      `SELECT "public".remove_retention_policy('"plant"."score"'::regclass, if_exists => TRUE)`,
      `SELECT "public".add_retention_policy('"plant"."score"'::regclass, INTERVAL '30 days')`,
    ]);
  });

  it("refresh whole days of a backlog, and none that the retention has begun to take", () => {
    const kept = { fromUs: NOW_US - 10 * DAY_US, toUs: NOW_US };
    const backlog = { fromUs: NOW_US - 3 * DAY_US, toUs: NOW_US - 2 * DAY_US };
    expect(refreshStatements("plant", "ts", backlog, kept)[0]).toBe(
      `CALL "ts".refresh_continuous_aggregate('"plant"."reading_1min"'::regclass, '2026-11-20T00:00:00.000Z'::timestamptz, '2026-11-22T00:00:00.000Z'::timestamptz)`,
    );
    expect(refreshStatements("plant", "ts", backlog, kept)).toHaveLength(AGGREGATES.length);
    const ancient = { fromUs: 0, toUs: NOW_US - 9.5 * DAY_US };
    for (const text of refreshStatements("plant", "ts", { ...ancient, toUs: NOW_US }, kept)) {
      expect(text).toContain("'2026-11-15T00:00:00.000Z'");
    }
    expect(refreshStatements("plant", "ts", ancient, kept)).toEqual([]);
  });

  it("refresh for what no policy looks back to, and for nothing else", () => {
    expect(isBeyondPolicies(NOW_US - 4 * HOUR_US, NOW_US)).toBe(true);
    expect(isBeyondPolicies(NOW_US - 2 * HOUR_US, NOW_US)).toBe(false);
  });
});
