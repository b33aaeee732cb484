import type { z } from "zod";
import type { ConfigProblem } from "./problem.ts";
import type { YamlSource } from "./yaml-source.ts";

/** What a schema refuses, each with its place and its mend. */
export function describeIssues(error: z.ZodError, source: YamlSource): ConfigProblem[] {
  return error.issues
    .flatMap((issue) => flatten(issue))
    .map((issue) => {
      if (issue.code !== "unrecognized_keys") {
        return { ...source.position(issue.path, 0), path: pathOf(issue.path), message: mend(issue) };
      }
      const path = [...issue.path, issue.keys[0] ?? ""];
      return { ...source.keyPosition(path), path: pathOf(path), message: mend(issue) };
    });
}

/** A union says "no member fits"; the member that came closest says what is wrong. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ ...issue, keys: [key] }));
  }
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const closest = issue.errors.reduce((a, b) => (b.length < a.length ? b : a));
  return closest.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

function mend(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return `"${issue.keys[0]}" is no setting here; remove it or correct its name`;
  if (issue.code === "invalid_type" && issue.input === undefined)
    return `is missing; it must be ${issue.expected}`;
  return issue.message;
}

/** As programs write it: devices[0].groups[1].name */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    "",
  );
}
