import { openModbus } from "../../clients/modbus-client.ts";
import type { Clock } from "../../clock/clock.ts";
import { FingerError } from "../../finger-error.ts";
import type { ModbusProfile } from "../../profile-types.ts";
import type { S7Address } from "../../s7/address.ts";
import type { TunnelArea } from "../../tunnel/areas.ts";
import { createBarriers } from "../../tunnel/barriers.ts";
import { mapAddress } from "../../tunnel/mapping.ts";
import type { TunnelRow } from "../../tunnel/read-plan.ts";
import { createTunnelReads } from "../../tunnel/reads.ts";
import type { FieldReader, FieldRow } from "./field-reader.ts";
import { modbusLimits, refusedRow } from "./modbus-reader.ts";
import { s7Row } from "./s7-reader.ts";

// Registers between two addresses that cost less than another request.
const MOST_GAP = 16;

/** S7 addresses through the registers of a Modbus device.
 *  @throws FingerError ADDRESS_INVALID where an address lies in no area; PLC_UNREACHABLE, PLC_REFUSED */
export async function openTunnelReader(
  {
    host,
    profile,
    areas,
  }: { readonly host: string; readonly profile: ModbusProfile; readonly areas: readonly TunnelArea[] },
  addresses: readonly S7Address[],
  clock: Clock,
  signal: AbortSignal,
): Promise<FieldReader> {
  const rows = addresses.map((address) => rowFor(address, areas));
  const client = await openModbus({ ...profile, host }, { clock }, signal);
  const reads = createTunnelReads(rows, MOST_GAP, createBarriers());
  return {
    protocol: "modbus-tcp",
    get limits() {
      return modbusLimits(client);
    },
    async read(stop) {
      const refused = await reads.read(client, new Set(), stop);
      return addresses.map((address, row): FieldRow => {
        const refusal = refused.get(row);
        if (refusal !== undefined) return refusedRow(refusal);
        const at = reads.positions[row] ?? 0;
        return s7Row(address, reads.image.subarray(at, at + address.byteLength));
      });
    },
    close: () => client.close(),
  };
}

function rowFor(address: S7Address, areas: readonly TunnelArea[]): TunnelRow {
  const mapped = mapAddress(address, areas);
  if ("span" in mapped) return { span: mapped.span, elementBytes: address.elementBytes };
  throw new FingerError("ADDRESS_INVALID", mapped.problem.message);
}
