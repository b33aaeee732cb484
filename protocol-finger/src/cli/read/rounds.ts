import { FingerError } from "../../finger-error.ts";
import { badRow, type FieldReader, type FieldRow, STATUS } from "./field-reader.ts";
import type { FirstReader } from "./first-reader.ts";

/** Round after round of the same addresses, over a connection that is made anew when it was lost. */
export interface Rounds {
  /** The rows of one round, bad ones while the device is away; undefined when `signal` ended it. */
  next(signal: AbortSignal): Promise<readonly FieldRow[] | undefined>;
  readonly isLost: boolean;
  close(): Promise<void>;
}

/** @param onLost told why the device gave nothing */
export function createRounds(
  first: FirstReader,
  open: () => Promise<FieldReader>,
  count: number,
  onLost: (error: FingerError) => void,
): Rounds {
  let reader: FieldReader | undefined = first.reader;

  async function close(): Promise<void> {
    const closing = reader;
    reader = undefined;
    await closing?.close();
  }

  return {
    close,
    get isLost() {
      return reader === undefined;
    },
    async next(signal) {
      try {
        reader ??= await open();
        return await reader.read(signal);
      } catch (thrown) {
        if (signal.aborted) return undefined;
        if (!(thrown instanceof FingerError)) throw thrown;
        onLost(thrown);
        await close();
        const status = thrown.code === "PLC_TIMEOUT" ? STATUS.BadTimeout : STATUS.BadNotConnected;
        return Array.from({ length: count }, () => badRow(status, thrown.message));
      }
    },
  };
}
