import { z } from "zod";

/** The first byte of a TSAP: which of its connection resources the controller spends
 *  (PROTOCOLS.md 3.1: 01 programmer, 02 operator panel, 03 other). */
export const CONNECTION_TYPES = { pg: 0x01, op: 0x02, basic: 0x03 } as const;

const tsap = z.int().min(0).max(0xffff);

export const s7OptionsSchema = z
  .strictObject({
    host: z.string().min(1).describe("Name or address of the controller or of its communication module."),
    port: z.int().min(1).max(65_535).default(102).describe("TCP port (RFC 1006: 102)."),
    rack: z.int().min(0).max(7).optional().describe("Rack of the CPU; 0 where absent."),
    slot: z
      .int()
      .min(0)
      .max(31)
      .optional()
      .describe("Slot of the CPU: S7-300 2, S7-400 mostly 3, S7-1200 and S7-1500 1; 2 where absent."),
    connectionType: z
      .enum(["pg", "op", "basic"])
      .optional()
      .describe("Connection resource to use: programmer, panel or basic; basic where absent."),
    localTsap: tsap
      .optional()
      .describe(
        "Own TSAP, for LOGO!, S7-200 and configured connections; with remoteTsap in place of rack and slot.",
      ),
    remoteTsap: tsap.optional().describe("TSAP of the controller; with localTsap."),
    connectTimeoutMs: z
      .int()
      .min(100)
      .max(120_000)
      .default(5000)
      .describe("Time for TCP, ISO and S7 greeting together."),
    requestTimeoutMs: z
      .int()
      .min(50)
      .max(120_000)
      .default(2000)
      .describe("Longest silence while an answer is due; then the connection is given up."),
    pduSize: z
      .int()
      .min(112)
      .max(960)
      .default(960)
      .describe("PDU to ask for; the controller may grant less."),
    jobsInFlight: z
      .int()
      .min(1)
      .max(32)
      .default(4)
      .describe(
        "Requests to have unanswered at once; the controller may grant fewer. 1 for old controllers.",
      ),
    minGapMs: z.int().min(0).max(10_000).default(0).describe("Least pause between two requests."),
    maxMergeGap: z
      .int()
      .min(0)
      .max(900)
      .default(128)
      .describe("Most unwanted bytes to read between two tags so as to ask for both in one range."),
    maxReadBytes: z
      .int()
      .min(8)
      .max(942)
      .default(942)
      .describe(
        "Most bytes to ask for in one request, where the PDU has room for more; 160 behind an old CP.",
      ),
    refusedRetryMs: z
      .int()
      .min(1000)
      .max(86_400_000)
      .default(60_000)
      .describe("After this long, addresses that the controller refused are asked for again."),
  })
  .superRefine((options, context) => {
    const hasTsap = options.localTsap !== undefined || options.remoteTsap !== undefined;
    if (!hasTsap) return;
    for (const name of ["localTsap", "remoteTsap"] as const) {
      if (options[name] !== undefined) continue;
      context.addIssue({
        code: "custom",
        path: [name],
        message: "localTsap and remoteTsap go together: give both",
      });
    }
    for (const name of ["rack", "slot", "connectionType"] as const) {
      if (options[name] === undefined) continue;
      const message = `${name} says nothing beside localTsap and remoteTsap: leave it out`;
      context.addIssue({ code: "custom", path: [name], message });
    }
  });

export type S7Options = z.infer<typeof s7OptionsSchema>;

export interface Tsaps {
  readonly local: number;
  readonly remote: number;
}

/** The pair of TSAPs that the options mean. 0x0100 is what programming devices and libraries call themselves. */
export function tsapsOf(options: S7Options): Tsaps {
  if (options.localTsap !== undefined && options.remoteTsap !== undefined) {
    return { local: options.localTsap, remote: options.remoteTsap };
  }
  const type = CONNECTION_TYPES[options.connectionType ?? "basic"];
  return { local: 0x0100, remote: (type << 8) | ((options.rack ?? 0) << 5) | (options.slot ?? 2) };
}
