import { InvalidArgumentError } from "commander";

/** The value of an option that is a number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("must be a number above 0");
  return value;
}

// Timers do not take more than 2^31 - 1 ms, which is a little more than 24 days, and would fire at once.
const MOST_SECONDS = 2_000_000;

/** The value of an option that is a time to wait. */
export function seconds(text: string): number {
  const value = positive(text);
  if (value > MOST_SECONDS) throw new InvalidArgumentError(`must be ${MOST_SECONDS} at most`);
  return value;
}

const MOST_WHOLE = 2_000_000;

/** The value of an option that counts something. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MOST_WHOLE)
    throw new InvalidArgumentError(`must be a whole number from 1 to ${MOST_WHOLE}`);
  return value;
}

// PID_MAX_LIMIT of Linux, 64 bit (include/linux/threads.h).
const MOST_PID = 4_194_304;

/** The value of an option that names a process. */
export function processId(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MOST_PID)
    throw new InvalidArgumentError("must be the number of a process");
  return value;
}
