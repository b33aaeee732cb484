import { describeError, EdgeError, type EdgeErrorCode } from "../../core/errors.ts";
import { faultOf, type SqliteFault } from "./database.ts";
import type { Failure, StoreWords } from "./wire.ts";

interface Words {
  code(words: StoreWords): EdgeErrorCode;
  readonly isFinal: boolean;
  text(file: string, words: StoreWords): string;
}

const failed = (words: StoreWords): EdgeErrorCode => words.failed;

const WORDS: Readonly<Record<SqliteFault, Words>> = {
  busy: {
    code: failed,
    isFinal: true,
    text: (file) => `${file} is in use by another process: stop it or name another file`,
  },
  corrupt: { code: (words) => words.corrupt, isFinal: false, text: (file) => `${file} is damaged` },
  denied: {
    code: failed,
    isFinal: true,
    text: (file) => `${file} cannot be opened: its folder must exist and be writable`,
  },
  full: {
    code: () => "DISK_FULL",
    isFinal: false,
    text: (file) => `there is no room to write ${file}: free disk space or raise maxBytes`,
  },
  io: { code: failed, isFinal: false, text: (file) => `the disk failed under ${file}` },
  other: { code: failed, isFinal: false, text: (file, { name }) => `the ${name} ${file} failed` },
};

/** Anything thrown over the file, in words for a technician. */
export function failureOf(thrown: unknown, file: string, words: StoreWords): Failure {
  if (thrown instanceof EdgeError) {
    return { ok: false, code: thrown.code, message: thrown.message, isFinal: true };
  }
  const { code, isFinal, text } = WORDS[faultOf(thrown) ?? "other"];
  return {
    ok: false,
    code: code(words),
    isFinal,
    message: `${text(file, words)} (${describeError(thrown)})`,
  };
}
