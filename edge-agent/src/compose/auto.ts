import type { LearntLimits, ModbusProfile } from "@stethos/protocol-finger";
import { kindOfAddress } from "../config/address-kind.ts";
import { type AutoOptions, hostOf } from "../config/auto-options.ts";
import { EdgeError } from "../core/errors.ts";
import { createAutoDriver } from "../flow/identify.ts";
import { defaultAutoPolicy } from "../flow/identify-policy.ts";
import { asWhole, partOf } from "../flow/part-of-plan.ts";
import { createPolledDriver } from "../flow/poll.ts";
import type { Driver, DriverDeps, ScanPlan } from "../ports/driver.ts";
import type { DrivenProfile } from "../ports/identify.ts";
import type { Finger } from "./finger.ts";
import { modbusOptionsOf, opcuaOptionsOf, s7OptionsOf, tunnelOptionsOf } from "./profile-options.ts";

/** What the drivers of one device are made of. */
interface Way {
  readonly plan: ScanPlan;
  readonly options: AutoOptions;
  readonly deps: DriverDeps;
  /** Where the OPC UA settings name none. */
  readonly certificateFolder: string;
}

/** The driver of a device whose protocol is found out. */
export async function createAuto(way: Way, finger: Finger): Promise<Driver> {
  const { plan, options, deps } = way;
  const [first] = [...plan.tags, ...plan.waveforms];
  const kind = kindOfAddress(first?.address ?? "") ?? "s7";
  return createAutoDriver(
    {
      plan,
      wanted: { kind, tunnel: options.tunnel && { port: options.ports?.modbus ?? 502 } },
      identifier: await finger.identifierOf(options, kind),
      createDriver: (profile, limits) => driverOf(profile, limits, way),
    },
    deps,
    { ...defaultAutoPolicy, pauseMs: options.spacingMs, scarceMs: options.scarceWaitMs },
  );
}

/** @throws EdgeError ADDRESS_INVALID */
async function driverOf(profile: DrivenProfile, limits: LearntLimits, way: Way): Promise<Driver> {
  const { plan, options, deps } = way;
  const host = hostOf(options.endpoint);
  switch (profile.mode) {
    case "s7-native":
    case "s7-compat": {
      const { createS7Device } = await import("../adapters/s7/device.ts");
      return createPolledDriver(plan, createS7Device(plan, s7OptionsOf(profile, host), deps, limits), deps);
    }
    case "modbus": {
      const { createModbusDevice } = await import("../adapters/modbus/device.ts");
      const modbus = modbusOptionsOf(profile, host, limits, options.modbus);
      return createPolledDriver(plan, createModbusDevice(plan, modbus, deps), deps);
    }
    case "modbus-tunnel":
      return tunnelDriver(profile, limits, way);
    case "opcua": {
      const { createOpcuaDriver } = await import("../adapters/opcua-client/driver.ts");
      const opcua = opcuaOptionsOf(profile, options.opcua, limits, way.certificateFolder);
      return createOpcuaDriver(plan, opcua, deps);
    }
    default:
      return profile satisfies never;
  }
}

/** Tags that cannot travel through registers are read over S7 only: here they are marked as such. */
async function tunnelDriver(profile: ModbusProfile, limits: LearntLimits, way: Way): Promise<Driver> {
  const { plan, options, deps } = way;
  const [{ createS7TunnelDevice }, { checkTunnelAddress }] = await Promise.all([
    import("../adapters/s7-tunnel/device.ts"),
    import("../adapters/s7-tunnel/address.ts"),
  ]);
  const tunnel = tunnelOptionsOf(profile, hostOf(options.endpoint), limits, options);
  const part = partOf(plan, (addresses) =>
    addresses.every((address) => checkTunnelAddress(address, tunnel.areas) === undefined),
  );
  if (part.plan.groups.length === 0)
    throw new EdgeError(
      "ADDRESS_INVALID",
      "none of the tags can travel through the registers of tunnel.areas",
    );
  const device = createS7TunnelDevice(part.plan, tunnel, deps);
  return asWhole(createPolledDriver(part.plan, device, deps), plan, part, deps.clock.nowUs);
}
