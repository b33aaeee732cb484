import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../core/rollout/rollout-report.ts";
import type { Logger } from "../ports/logger.ts";
import type { WorkOrder } from "../ports/rollout.ts";
import { createMaintenance } from "./keep-maintenance.ts";

const ORDER: WorkOrder = { number: "WO-1", machine: "m1", fromUs: 10, toUs: 20, finding: "fault", by: "Ada" };

function rig(kept?: string) {
  const disk = { text: kept, isFull: false };
  const audited: Omit<AuditEntry, "sequence">[] = [];
  const errors: string[] = [];
  const silent = () => {};
  const logger: Logger = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (_, text) => void errors.push(text),
    child: () => logger,
  };
  let now = 1000;
  const open = () =>
    createMaintenance({
      stateFile: {
        read: async () => disk.text,
        async write(text) {
          if (disk.isFull) throw new Error("disk full");
          disk.text = text;
        },
      },
      audit: {
        async append(entry) {
          audited.push(entry);
          return { ...entry, sequence: audited.length };
        },
      },
      nowUs() {
        now += 1;
        return now;
      },
      logger,
    });
  return { disk, audited, errors, open };
}

describe("kept work orders", () => {
  it("are told newest first, each machine's its own, also after a restart", async () => {
    const { open } = rig();
    const before = await open();
    await before.file(ORDER);
    await before.file({ ...ORDER, number: "WO-2", finding: "no-fault" });
    await before.file({ ...ORDER, number: "WO-3", machine: "m2" });
    const after = await open();
    for (const maintenance of [before, after]) {
      expect(maintenance.of("m1", 10).map(({ number, filedUs }) => [number, filedUs])).toEqual([
        ["WO-2", 1002],
        ["WO-1", 1001],
      ]);
      expect(maintenance.of("m1", 1).map(({ number }) => number)).toEqual(["WO-2"]);
      expect(maintenance.of("m3", 10)).toEqual([]);
    }
  });

  it("replace what the same order said before", async () => {
    const maintenance = await rig().open();
    await maintenance.file(ORDER);
    await maintenance.file({ ...ORDER, number: "WO-2" });
    await maintenance.file({ ...ORDER, finding: "no-fault" });
    expect(maintenance.of("m1", 10).map(({ number, finding }) => [number, finding])).toEqual([
      ["WO-1", "no-fault"],
      ["WO-2", "fault"],
    ]);
  });

  it("stand in the audit log with who filed them", async () => {
    const { open, audited } = rig();
    const maintenance = await open();
    await maintenance.file(ORDER);
    const { by, number, ...rest } = ORDER;
    const detail = { order: number, ...rest };
    expect(audited).toEqual([{ timeUs: 1001, by, what: "work-order", detail }]);
  });

  it("are a thousand; the oldest give way", async () => {
    const maintenance = await rig().open();
    await Promise.all(
      Array.from({ length: 1001 }, (_, i) => maintenance.file({ ...ORDER, number: `WO-${i}` })),
    );
    expect(maintenance.of("m1", 2000)).toHaveLength(1000);
    expect(maintenance.of("m1", 2000).at(-1)?.number).toBe("WO-1");
  });

  it("are not taken in where the disk refuses, and whoever files is told", async () => {
    const { open, disk, audited } = rig();
    const maintenance = await open();
    disk.isFull = true;
    await expect(maintenance.file(ORDER)).rejects.toThrow("disk full");
    expect([maintenance.of("m1", 10), audited]).toEqual([[], []]);
    disk.isFull = false;
    await maintenance.file(ORDER);
    expect(maintenance.of("m1", 10)).toHaveLength(1);
  });

  it.each(["", "{", "[]", '{"version":2,"orders":[]}', '{"version":1,"orders":{}}'])(
    "begin anew, and the log says so, where what was kept is %j",
    async (text) => {
      const { open, errors } = rig(text);
      expect((await open()).of("m1", 10)).toEqual([]);
      expect(errors).toHaveLength(1);
    },
  );

  it("leave out what is no order", async () => {
    const filed = { ...ORDER, filedUs: 5 };
    const odd = [null, 7, { ...filed, by: 1 }, { ...filed, finding: "?" }, { ...filed, toUs: "x" }];
    const { open } = rig(JSON.stringify({ version: 1, orders: [...odd, filed] }));
    expect((await open()).of("m1", 10)).toEqual([filed]);
  });
});
