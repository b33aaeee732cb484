import { FingerError } from "../../finger-error.ts";
import type { DeviceProfile } from "../../profile-types.ts";
import type { FieldReader, FieldRow } from "./field-reader.ts";

export interface FirstReader {
  readonly profile: DeviceProfile;
  readonly reader: FieldReader;
  /** What the trial brought. */
  readonly rows: readonly FieldRow[];
}

/** The first profile under which the device gives at least one of the values; every other one is left closed.
 *  @param onFailure told why a profile did not do; the last one's reason is thrown instead, where none does
 *  @throws FingerError of the last profile, where none does; the signal's reason */
export async function firstReader(
  profiles: readonly DeviceProfile[],
  open: (profile: DeviceProfile, signal: AbortSignal) => Promise<FieldReader>,
  onFailure: (profile: DeviceProfile, error: FingerError) => void,
  signal: AbortSignal,
): Promise<FirstReader> {
  let last: FingerError | undefined;
  /** Connected, and every address was refused: its rows say why. */
  let empty: Omit<FirstReader, "reader"> | undefined;
  for (const profile of profiles) {
    try {
      const reader = await open(profile, signal);
      const rows = await triedOf(reader, signal);
      if (rows.some(({ value }) => value !== null)) return { profile, reader, rows };
      empty ??= { profile, rows };
      await reader.close();
    } catch (thrown) {
      signal.throwIfAborted();
      // A wrong address is wrong under every profile.
      if (!(thrown instanceof FingerError) || thrown.code === "ADDRESS_INVALID") throw thrown;
      last = thrown;
      if (profile !== profiles.at(-1) || empty !== undefined) onFailure(profile, thrown);
    }
  }
  if (empty !== undefined) return { ...empty, reader: await open(empty.profile, signal) };
  throw last ?? new FingerError("PLC_REFUSED", "there is no profile to read it with");
}

async function triedOf(reader: FieldReader, signal: AbortSignal): Promise<readonly FieldRow[]> {
  try {
    return await reader.read(signal);
  } catch (thrown) {
    await reader.close();
    throw thrown;
  }
}
