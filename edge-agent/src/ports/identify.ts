import type {
  DeviceProfile,
  Fingerprint,
  LearntLimits,
  NoProfile,
  ProtocolId,
  Remembered,
} from "@stethos/protocol-finger";

/** A profile that a driver can be made for. */
export type DrivenProfile = Exclude<DeviceProfile, NoProfile>;

/** The notation that the tags of a device are written in. */
export type AddressKind = "modbus" | "opcua" | "s7";

/** What is remembered of a device that was read. */
export interface KeptProfile {
  readonly fingerprint: Fingerprint;
  readonly profile: DrivenProfile;
  readonly limits: LearntLimits;
}

/** Finds out who one device is, and remembers it over restarts. */
export interface Identifier {
  /** What is known from earlier runs. */
  recall(): Remembered | undefined;
  /** What the device is. Spends connections and frames of the device's budget,
   *  unless it is known and `fresh` is not asked for. Never throws for what the device does.
   *  @throws EdgeError where it could not be asked: PLC_UNREACHABLE for a name without an address, CONFIG_INVALID for a
   *  device that the allow-list does not hold; the signal's reason when it aborts */
  identify(fresh: boolean, signal: AbortSignal): Promise<Fingerprint>;
  /** The same over one protocol alone and remembered by nobody: enough to see whether it is still the same device.
   *  @throws as identify */
  check(protocol: ProtocolId, signal: AbortSignal): Promise<Fingerprint>;
  /** Remembers with which profile a device could be read, and what it taught. */
  keep(read: KeptProfile): Promise<void>;
}
