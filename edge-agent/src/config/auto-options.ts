import { isIP } from "node:net";
import { FingerError, PROTOCOL_IDS, parseAllowList, tunnelAreas } from "@stethos/protocol-finger/settings";
import { z } from "zod";
import { modbusTcpOptions } from "../adapters/modbus/options.ts";
import { opcuaSettings } from "../adapters/opcua-client/options.ts";

const SCHEME = "auto://";

const port = z.int().min(1).max(65_535);

const modbus = z
  .strictObject({
    unit: modbusTcpOptions.shape.unit.unwrap(),
    wordOrder: modbusTcpOptions.shape.wordOrder.unwrap(),
    addressBase: modbusTcpOptions.shape.addressBase.unwrap(),
  })
  .partial();

const allowed = z
  .string()
  .min(1)
  .superRefine((entry, context) => {
    const problem = allowProblem(entry);
    if (problem !== undefined) context.addIssue(problem);
  });

/** How to reach a device whose protocol is found out. */
export const autoOptions = z
  .strictObject({
    endpoint: z
      .string()
      .regex(
        /^auto:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/,
        'must be "auto://" and the address or name of the device; ports stand under "ports"',
      )
      .describe("auto://10.0.0.5: what speaks there is found out"),
    ports: z
      .partialRecord(z.enum(PROTOCOL_IDS), port)
      .optional()
      .describe("Where they are not the protocols' own: { s7: 1102, modbus: 1502 }"),
    allow: z
      .array(allowed)
      .min(1)
      .max(100)
      .optional()
      .describe("Addresses, networks and names that may be spoken to; the endpoint's own if absent"),
    tunnel: z
      .strictObject({ areas: tunnelAreas, unit: modbusTcpOptions.shape.unit.unwrap().optional() })
      .optional()
      .describe("Which registers hold which data blocks: a way to read S7 addresses through a Modbus server"),
    modbus: modbus.optional().describe("What is known better than a fingerprint can tell"),
    opcua: opcuaSettings.prefault({}).describe("Security and pace, as for protocol opcua"),
    spacingMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(1000)
      .describe("Least time between two connections while the device is found out"),
    scarceWaitMs: z
      .int()
      .min(1000)
      .max(3_600_000)
      .default(60_000)
      .describe("Least wait after the device had no free connection"),
  })
  .refine(({ endpoint, allow }) => allow === undefined || isAllowed(hostOf(endpoint), allow), {
    message: "does not hold the address of the endpoint: nothing could be read",
    path: ["allow"],
  });

export type AutoOptions = z.infer<typeof autoOptions>;

/** The address or name in an endpoint; an IPv6 address without its brackets. */
export const hostOf = (endpoint: string): string => endpoint.slice(SCHEME.length).replace(/^\[|\]$/g, "");

function allowProblem(entry: string): string | undefined {
  try {
    parseAllowList([entry]);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof FingerError) return thrown.message;
    throw thrown;
  }
}

/** What a name stands for is only known when somebody asks; entries that are none have been complained of. */
function isAllowed(host: string, allow: readonly string[]): boolean {
  if (isIP(host) === 0 || allow.some((entry) => allowProblem(entry) !== undefined)) return true;
  const { names, hasAddress } = parseAllowList(allow);
  return names.length > 0 || hasAddress(host);
}
