// Writes DEPENDENCIES.md from the lock file: every package that ships with the product, its version and its licence.
// With --check it fails when the list is out of date or a licence is none that the product may ship with.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, say } from "./steps.ts";

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
}

const ALLOWED =
  /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|PSF-2\.0|WTFPL|CC-BY-3\.0|SEE LICENSE.*)( (OR|AND) .*)?\)?$/;

// Packages whose manifest says nothing: the licence stands in their own LICENSE or README, read by a person.
const READ_BY_HAND: Readonly<Record<string, string>> = {
  "dequeue@1.0.5": "BSD-2-Clause",
  "humanize@0.0.9": "MIT",
  "precond@0.2.3": "MIT",
};

const target = join(root, ".workshop/DEPENDENCIES.md");

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, LockedPackage>;
};
const shipped = Object.entries(lock.packages).filter(
  ([path, entry]) => path.includes("node_modules/") && entry.dev !== true && entry.link !== true,
);
const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + 13);

const licenceOf = (path: string, entry: LockedPackage): string => {
  if (entry.license !== undefined) return entry.license;
  const read = READ_BY_HAND[`${nameOf(path)}@${entry.version}`];
  if (read !== undefined) return read;
  const manifest = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")) as {
    license?: string | { type?: string };
    licenses?: { type?: string }[];
  };
  const named = manifest.license ?? manifest.licenses?.[0];
  return (typeof named === "string" ? named : named?.type) ?? "not stated";
};
const rows = shipped
  .map(([path, entry]) => ({
    name: nameOf(path),
    version: entry.version ?? "",
    licence: licenceOf(path, entry),
  }))
  .sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
const text = [
  "# Packages that ship with Stethos",
  "",
  "Made by `node .workshop/licences.ts` from the lock file; `npm test` fails when it is out of date.",
  "",
  "| package | version | licence |",
  "| --- | --- | --- |",
  ...new Set(rows.map((row) => `| ${row.name} | ${row.version} | ${row.licence} |`)),
  "",
].join("\n");

const refused = rows.filter((row) => !ALLOWED.test(row.licence));
for (const row of refused)
  say(
    `${row.name} ${row.version}: licence "${row.licence}" is not on the list of those the product ships with`,
  );
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    say("DEPENDENCIES.md is out of date; run: node .workshop/licences.ts");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
process.exit(refused.length === 0 ? 0 : 1);
