import { EdgeError } from "../../core/errors.ts";
import type { Query } from "./messages.ts";

const MOST_BUCKETS = 5000;
const MOST_ALARMS = 10_000;

/** @throws EdgeError HISTORY_FAILED on a question that has no answer */
export function assertQuery(query: Query): void {
  const fault = faultIn(query);
  if (fault !== undefined) throw new EdgeError("HISTORY_FAILED", fault);
}

function faultIn(query: Query): string | undefined {
  if (query.kind === "alarms") {
    return isCount(query.query.most, MOST_ALARMS)
      ? undefined
      : `1 to ${MOST_ALARMS} alarms can be asked for, not ${query.query.most}`;
  }
  if (query.kind !== "trend") return undefined;
  const { fromUs, toUs, buckets } = query.query;
  if (query.name === "") return "a trend needs the name of what it shows";
  if (!Number.isFinite(fromUs) || !Number.isFinite(toUs) || fromUs >= toUs) {
    return `a trend needs a begin before its end; ${fromUs} us to ${toUs} us is none`;
  }
  return isCount(buckets, MOST_BUCKETS)
    ? undefined
    : `a trend has 1 to ${MOST_BUCKETS} points, not ${buckets}`;
}

const isCount = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= most;
