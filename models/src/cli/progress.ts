import { Presets, SingleBar } from "cli-progress";
import type { OnProgress } from "../registry/registry.ts";
import type { CliIo } from "./io.ts";
import { sizeText } from "./text.ts";

/** A bar in a terminal; elsewhere a line now and then, for a log. */
export interface Progress {
  readonly on: OnProgress;
  end(): void;
}

// What is over sooner needs no progress.
const SHOWN_AFTER_MS = 2000;
const LOG_EVERY_MS = 5000;

export function createProgress(io: Pick<CliIo, "clock" | "env" | "stderr">): Progress {
  // A dumb terminal would print the codes themselves (terminfo(5), "dumb").
  const isTerminal = io.stderr.isTTY === true && io.env["TERM"] !== "dumb";
  return isTerminal ? createBar(io) : createLog(io);
}

function createBar({ clock, stderr }: Pick<CliIo, "clock" | "stderr">): Progress {
  const begin = clock.monotonicMs();
  let bar: SingleBar | undefined;
  return {
    on({ bytes, total, what }) {
      const payload = { what, size: `${sizeText(bytes)} of ${sizeText(total)}` };
      if (bar === undefined) {
        if (clock.monotonicMs() - begin < SHOWN_AFTER_MS) return;
        const format = "{bar} {percentage} % {size}, {eta_formatted} left, {what}";
        bar = new SingleBar(
          { stream: stderr, format, clearOnComplete: true, hideCursor: null },
          Presets.rect,
        );
        bar.start(total, bytes, payload);
      } else bar.update(bytes, payload);
    },
    end: () => bar?.stop(),
  };
}

function createLog({ clock, stderr }: Pick<CliIo, "clock" | "stderr">): Progress {
  let shownAt = clock.monotonicMs() - LOG_EVERY_MS + SHOWN_AFTER_MS;
  return {
    on({ bytes, total, what }) {
      const now = clock.monotonicMs();
      if (now - shownAt < LOG_EVERY_MS) return;
      shownAt = now;
      stderr.write(`${sizeText(bytes)} of ${sizeText(total)}, ${what}\n`);
    },
    end() {
      // Each line stands for itself.
    },
  };
}
