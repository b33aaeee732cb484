// A process that writes history as fast as it may and says what it was told is on the disk. kill.test.ts kills it.
import { createSystemClock } from "../node/clock.ts";
