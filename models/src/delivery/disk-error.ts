import { ModelError } from "../errors.ts";

const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && "code" in cause ? cause.code : undefined;

/** Nothing of that name there. */
export const isAbsent = (cause: unknown): boolean => codeOf(cause) === "ENOENT";

/** What went wrong with this device's own disk, with the mend. */
export function diskError(what: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause;
  const mend = MENDS.get(codeOf(cause)) ?? "check the disk and the permissions of the folder";
  return new ModelError("DISK_FULL", `${what}; ${mend}`, { cause });
}

const MENDS: ReadonlyMap<unknown, string> = new Map([
  ["ENOSPC", "the disk is full: free some space"],
  ["EDQUOT", "the quota of the disk is used up: free some space"],
  ["EROFS", "the disk is mounted read-only"],
  ["EACCES", "give this user the right to write there"],
  ["EPERM", "give this user the right to write there"],
]);
