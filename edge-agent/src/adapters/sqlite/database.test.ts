import { describe, expect, it } from "vitest";
import { faultOf, findDamage, isOldSqlite, openDatabase, pragmaNumber, transaction } from "./database.ts";
import { tempFolder } from "./test-kit.ts";

describe("database", () => {
  it("is opened with every setting that durability hangs on", () => {
    using folder = tempFolder();
    const db = openDatabase(folder.file(), { maxBytes: 2 ** 31 });
    const text = (pragma: string) => Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
    expect([text("journal_mode"), text("locking_mode")]).toEqual(["wal", "exclusive"]);
    const numbers = [
      "synchronous",
      "auto_vacuum",
      "mmap_size",
      "busy_timeout",
      "page_size",
      "wal_autocheckpoint",
    ];
    expect(numbers.map((name) => pragmaNumber(db, name))).toEqual([2, 2, 0, 2000, 8192, 512]);
    expect(pragmaNumber(db, "max_page_count")).toBe((2 ** 31 - 16 * 2 ** 20) / 8192);
    expect(findDamage(db)).toBeUndefined();
    db.close();
  });

  it("knows a SQLite with the fault of two checkpoints from one without", () => {
    const old = ["3.51.2", "3.50.4", "3.7.0", "2.99.99", "3.51", ""];
    const good = ["3.51.3", "3.51.10", "3.53.4", "3.100.0", "4.0.0"];
    expect(old.filter((version) => !isOldSqlite(version))).toEqual([]);
    expect(good.filter(isOldSqlite)).toEqual([]);
  });

  it("takes everything back when one part of a transaction fails", () => {
    using folder = tempFolder();
    const db = openDatabase(folder.file(), { maxBytes: 2 ** 24 });
    db.exec("CREATE TABLE t (x)");
    const work = () => {
      db.exec("INSERT INTO t VALUES (1)");
      throw new Error("changed my mind");
    };
    expect(() => transaction(db, work)).toThrow("changed my mind");
    expect(pragmaNumber(db, "page_count")).toBeGreaterThan(1);
    expect(db.prepare("SELECT count(*) AS n FROM t").get()?.["n"]).toBe(0);
    expect(transaction(db, () => 7)).toBe(7);
    db.close();
  });

  it("tells faults of the disk from faults of the caller", () => {
    const fault = (errcode: number) => faultOf(Object.assign(new Error("x"), { errcode }));
    expect([5, 8, 10, 11, 13, 14, 26, 1, 10 + 7 * 256].map(fault)).toEqual([
      "busy",
      "denied",
      "io",
      "corrupt",
      "full",
      "denied",
      "corrupt",
      "other",
      "io",
    ]);
    expect([faultOf(new Error("x")), faultOf("x")]).toEqual([undefined, undefined]);
  });

  it("takes an integer that no store ever writes as damage", () => {
    using folder = tempFolder();
    const db = openDatabase(folder.file(), { maxBytes: 2 ** 24 });
    try {
      db.prepare("SELECT 616725962948120991").get();
      expect.unreachable();
    } catch (thrown) {
      expect(faultOf(thrown)).toBe("corrupt");
    } finally {
      db.close();
    }
  });
});
