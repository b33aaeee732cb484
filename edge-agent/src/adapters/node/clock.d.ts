import type { Clock } from "../../ports/clock.ts";
/** The machine's own clock. */
export declare function createSystemClock(): Clock;
