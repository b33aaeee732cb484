import { describeError, EdgeError, type EdgeErrorCode } from "../../core/errors.ts";
import { faultOf, type SqliteFault } from "./database.ts";
import type { Failure } from "./messages.ts";

interface Words {
  readonly code: EdgeErrorCode;
  readonly isFinal: boolean;
  text(file: string): string;
}

const WORDS: Readonly<Record<SqliteFault, Words>> = {
  busy: {
    code: "HISTORY_FAILED",
    isFinal: true,
    text: (file) => `${file} is in use by another process: stop it or name another file`,
  },
  corrupt: { code: "HISTORY_CORRUPT", isFinal: false, text: (file) => `${file} is damaged` },
  denied: {
    code: "HISTORY_FAILED",
    isFinal: true,
    text: (file) => `${file} cannot be opened: its folder must exist and be writable`,
  },
  full: {
    code: "DISK_FULL",
    isFinal: false,
    text: (file) => `there is no room to write ${file}: free disk space or raise maxBytes`,
  },
  io: { code: "HISTORY_FAILED", isFinal: false, text: (file) => `the disk failed under ${file}` },
  other: { code: "HISTORY_FAILED", isFinal: false, text: (file) => `the history ${file} failed` },
};

/** Anything thrown over the file, in words for a technician. */
export function failureOf(thrown: unknown, file: string): Failure {
  if (thrown instanceof EdgeError) {
    return { ok: false, code: thrown.code, message: thrown.message, isFinal: true };
  }
  const { code, isFinal, text } = WORDS[faultOf(thrown) ?? "other"];
  return { ok: false, code, isFinal, message: `${text(file)} (${describeError(thrown)})` };
}
