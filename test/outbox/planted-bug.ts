// Loaded before everything else (--import; worker threads too): changes what the product tells SQLite,
// so that a proof has a bug to find. The product knows nothing of it.
import { DatabaseSync } from "node:sqlite";

const bug = process.env["STETHOS_PLANTED_BUG"] ?? "";

function spoilt(sql: string): string {
  if (bug === "synchronous-normal") return sql.replace(/synchronous\s*=\s*\w+/i, "synchronous = NORMAL");
  if (bug === "autoincrement-off") return sql.replace(/\s+AUTOINCREMENT/gi, "");
  return sql;
}

const { exec, prepare } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  return exec.call(this, spoilt(sql));
};
DatabaseSync.prototype.prepare = function (sql, ...more) {
  return prepare.call(this, spoilt(sql), ...more);
};
