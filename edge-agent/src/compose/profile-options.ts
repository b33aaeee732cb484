import type { LearntLimits, ModbusProfile, OpcuaProfile, S7Profile } from "@stethos/protocol-finger";
import { type ModbusTcpOptions, modbusTcpOptions } from "../adapters/modbus/options.ts";
import { type OpcuaOptions, opcuaOptions } from "../adapters/opcua-client/options.ts";
import { type S7Options, s7OptionsSchema } from "../adapters/s7/options.ts";
import { type S7TunnelOptions, s7TunnelOptions } from "../adapters/s7-tunnel/options.ts";
import type { AutoOptions } from "../config/auto-options.ts";

// From what a fingerprint advises to what an adapter takes. Schemas fill in what a profile does not speak of; numbers
// that an adapter would refuse are brought to the nearest that it takes: a fingerprint is advice, not configuration.

export function s7OptionsOf(profile: S7Profile, host: string): S7Options {
  return s7OptionsSchema.parse({
    host,
    port: profile.port,
    localTsap: profile.localTsap,
    remoteTsap: profile.remoteTsap,
    connectTimeoutMs: between(100, profile.connectTimeoutMs, 120_000),
    requestTimeoutMs: between(50, profile.requestTimeoutMs, 120_000),
    pduSize: between(112, profile.pduSize, 960),
    jobsInFlight: between(1, profile.jobsInFlight, 32),
    minGapMs: between(0, profile.minGapMs, 10_000),
    maxMergeGap: between(0, profile.maxMergeGap, 900),
    maxReadBytes: between(8, profile.maxReadBytes, 942),
  });
}

/** @param own what the operator knows better */
export function modbusOptionsOf(
  profile: ModbusProfile,
  host: string,
  limits: LearntLimits,
  own: AutoOptions["modbus"],
): ModbusTcpOptions {
  const minGapMs = between(0, profile.minGapMs, 10_000);
  return modbusTcpOptions.parse({
    host,
    port: profile.port,
    unit: own?.unit ?? between(0, profile.unit, 255),
    wordOrder: own?.wordOrder ?? profile.wordOrder,
    addressBase: own?.addressBase ?? profile.addressBase,
    connectTimeoutMs: between(10, profile.connectTimeoutMs, 60_000),
    requestTimeoutMs: between(10, profile.requestTimeoutMs, 60_000),
    maxRegisters: between(4, Math.min(profile.maxRegisters, limits["maxRegisters"] ?? 125), 125),
    maxBits: between(1, profile.maxBits, 2000),
    minGapMs,
    // A pause after each answer leaves nothing to be in flight meanwhile.
    jobsInFlight: minGapMs > 0 ? 1 : between(1, profile.jobsInFlight, 16),
  });
}

/** @throws TypeError where the options have no tunnel: nobody asks for one then */
export function tunnelOptionsOf(
  profile: ModbusProfile,
  host: string,
  limits: LearntLimits,
  { tunnel, modbus }: Pick<AutoOptions, "modbus" | "tunnel">,
): S7TunnelOptions {
  if (tunnel === undefined) throw new TypeError("a tunnel without areas");
  const most = (learnt: number | undefined, advised: number) => Math.min(learnt ?? advised, advised);
  return s7TunnelOptions.parse({
    host,
    port: profile.port,
    areas: tunnel.areas,
    unit: tunnel.unit ?? modbus?.unit ?? between(0, profile.unit, 255),
    wordOrder: modbus?.wordOrder ?? profile.wordOrder,
    connectTimeoutMs: between(10, profile.connectTimeoutMs, 60_000),
    requestTimeoutMs: between(10, profile.requestTimeoutMs, 60_000),
    minGapMs: between(0, profile.minGapMs, 10_000),
    maxRegisters: between(1, most(limits["maxRegisters"], profile.maxRegisters), 125),
    maxBits: between(8, most(limits["maxBits"], profile.maxBits), 2000),
  });
}

/** The server itself slows a subscription down that asks for more than it can.
 *  @param certificateFolder where the settings name none */
export function opcuaOptionsOf(
  profile: OpcuaProfile,
  settings: AutoOptions["opcua"],
  limits: LearntLimits,
  certificateFolder: string,
): OpcuaOptions {
  const most = Math.min(profile.maxNodesPerCall, limits["maxNodesPerCall"] ?? 100_000);
  return {
    ...opcuaOptions.parse({
      ...settings,
      endpoint: profile.endpointUrl,
      maxItemsPerCall: settings.maxItemsPerCall ?? between(1, most, 100_000),
    }),
    certificateFolder: settings.certificateFolder ?? certificateFolder,
  };
}

const between = (least: number, value: number, most: number): number =>
  Math.min(most, Math.max(least, Math.round(value)));
