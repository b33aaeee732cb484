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

export function createProgressLine(
  { stderr, env }: Pick<CliIo, "stderr" | "env">,
  clock: Clock,
): ProgressLine {
  // A dumb terminal would print the codes themselves (terminfo(5), "dumb").
  const isTerminal = stderr.isTTY === true && env["TERM"] !== "dumb";
  let shownAt = Number.NEGATIVE_INFINITY;
  let isOpen = false;

  // A line that wraps could not be written over.
  const fitted = (text: string) => text.slice(0, Math.max(1, (stderr.columns ?? 80) - 1));

  return {
    show(text, isLast) {
      if (isTerminal) {
        stderr.write(`${OVER}${fitted(text)}`);
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
