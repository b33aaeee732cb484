import { expect, it } from "vitest";
import type { AuditLog } from "../ports/audit-log.ts";
import { createAuditView, isAboutAlarms } from "./audit-view.ts";

it("finds the newest of its own entries, however many others lie between", async () => {
  const entries = Array.from({ length: 500 }, (_, i) => ({
    sequence: 500 - i,
    timeUs: 0,
    by: "Ada",
    what: i % 100 === 99 ? "trial-paused" : "alarm-shelved",
    detail: {},
  }));
  const log: AuditLog = {
    append: () => Promise.reject(new Error("not asked")),
    newest: async (most) => entries.slice(0, most),
  };
  const view = createAuditView(log, (entry) => !isAboutAlarms(entry));
  const { signal } = new AbortController();
  expect((await view.newest(3, signal)).map(({ sequence }) => sequence)).toEqual([401, 301, 201]);
  expect(await view.newest(50, signal)).toHaveLength(5);
  expect(await view.newest(0, signal)).toEqual([]);
});
