import type { Clock } from "../clock/clock.ts";
import type { CliIo } from "./io.ts";

/** One line that is written over in a terminal; elsewhere a line now and then, for a log. */
export interface ProgressLine {
  show(text: string, isLast: boolean): void;
  end(): void;
}

const LOG_EVERY_MS = 5000;
/** Back to the first column, and clear to the end of the line (ECMA-48, 8.3.41). */
const OVER = "\r\u001b[K";

export function createProgressLine(stderr: CliIo["stderr"], clock: Clock): ProgressLine {
  const isTerminal = stderr.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let isOpen = false;
  return {
    show(text, isLast) {
      if (isTerminal) {
        stderr.write(`${OVER}${text}`);
        isOpen = true;
        return;
      }
      const now = clock.monotonicMs();
      if (!isLast && now - shownAt < LOG_EVERY_MS) return;
      shownAt = now;
      stderr.write(`${text}\n`);
    },
    end() {
      if (isOpen) stderr.write("\n");
      isOpen = false;
    },
  };
}
