import { z } from "zod";
import { httpApiOptions } from "../adapters/http-api/options.ts";
import { logOptions } from "../adapters/logs/options.ts";
import { modbusRtuOptions, modbusTcpOptions } from "../adapters/modbus/options.ts";
import { opcuaOptions } from "../adapters/opcua-client/options.ts";
import { s7OptionsSchema } from "../adapters/s7/options.ts";
import { s7TunnelOptions } from "../adapters/s7-tunnel/options.ts";
import { historyOptions } from "../adapters/sqlite/options.ts";
import { tracingOptions } from "../adapters/tracing/options.ts";
import { defaultAlarmPolicy } from "../core/alarm-verdict.ts";
import { defaultBaselinePolicy } from "../core/baseline.ts";
import { defaultDetectorPolicy } from "../core/detect.ts";
import { defaultHealthPolicy } from "../core/health-index.ts";
import { criticality, limits, suppressWhile } from "./alarm-schema.ts";
import { autoOptions } from "./auto-options.ts";
import { modelsSettings } from "./models-schema.ts";
import { policy } from "./policy.ts";
import { rulesSettings } from "./rules-schema.ts";
import { outboxSettings, sink } from "./sinks-schema.ts";

const name = z
  .string()
  .regex(/^[^/\s][^/]*$/, 'must be a name without "/"')
  .max(100);

const asset = z
  .string()
  .regex(
    /^[^/\s]+(\/[^/\s]+){3}$/,
    'must be "area/line/cell/asset": four names, as in ISA-95, without spaces',
  )
  .describe("Where the tag belongs: area/line/cell/asset; the site stands at the top of the file");

const scale = z.number().refine((value) => value !== 0, "must not be 0: every value would be the same");

const tagShape = {
  name,
  asset,
  address: z.string().min(1).describe("In the protocol's own notation"),
  unit: z.string().min(1).describe('UCUM code: "Cel", "A", "/min", "[g]", "m/s2"; "1" for none'),
  scale: scale.default(1).describe("Engineering value = raw value x scale + offset"),
  offset: z.number().default(0),
};

export const tag = z.strictObject({
  ...tagShape,
  deadband: z
    .number()
    .min(0)
    .optional()
    .describe(
      "In the tag's unit. Smaller changes are not passed on; 0: repeats only; absent: every sample passes",
    ),
  limits: limits.optional(),
  suppressWhile: suppressWhile.optional(),
});

const waveform = z.strictObject({
  ...tagShape,
  sequence: z.string().min(1).describe("Address of the number that the device changes with every block"),
  sampleRateHz: z.number().positive().max(1_000_000),
  samples: z.int().min(16).max(1_048_576),
});

const group = z
  .strictObject({
    name,
    periodMs: z.int().min(10).max(86_400_000).describe("Milliseconds between scans"),
    tags: z.array(tag).default([]),
    tagTable: z
      .string()
      .min(1)
      .optional()
      .describe("CSV file of more tags: name, asset, address, unit, scale, offset, deadband, low, high ..."),
    waveforms: z.array(waveform).default([]),
  })
  .refine(
    ({ tags, tagTable, waveforms }) => tags.length + waveforms.length > 0 || tagTable !== undefined,
    "has neither tags nor waveforms; add some or remove it",
  );

const deviceShape = { name, groups: z.array(group).min(1) };

const device = z.discriminatedUnion("protocol", [
  z.strictObject({ ...deviceShape, protocol: z.literal("s7"), connection: s7OptionsSchema }),
  z.strictObject({ ...deviceShape, protocol: z.literal("s7-tunnel"), connection: s7TunnelOptions }),
  z.strictObject({ ...deviceShape, protocol: z.literal("modbus-tcp"), connection: modbusTcpOptions }),
  z.strictObject({ ...deviceShape, protocol: z.literal("modbus-rtu"), connection: modbusRtuOptions }),
  z.strictObject({ ...deviceShape, protocol: z.literal("opcua"), connection: opcuaOptions }),
  z.strictObject({ ...deviceShape, protocol: z.literal("auto"), connection: autoOptions }),
]);

const bearing = z.strictObject({
  name: z.string('must be text; write a number in quotes: "6205"').min(1),
  rollers: z.int().min(3).max(100),
  diameterRatio: z.number().gt(0).lt(1).describe("Roller diameter over pitch diameter"),
  contactAngleDeg: z.number().min(0).lt(90).default(0),
});

const sensor = z.strictObject({
  waveform: name.describe("Name of a waveform of this asset"),
  name: name.optional(),
  bearing: bearing.optional(),
});

const machine = z
  .strictObject({
    asset,
    name: z.string().min(1).max(100).optional(),
    speed: name.optional().describe("Name of the tag of this asset that holds the shaft speed"),
    nominalShaftHz: z.number().positive().max(1000).optional(),
    sensors: z.array(sensor).min(1).optional(),
    criticality,
    suppressWhile: suppressWhile.optional(),
  })
  .refine((one) => one.speed === undefined || one.nominalShaftHz === undefined, {
    message: 'has both "speed" and "nominalShaftHz"; keep the one that is true',
    path: ["nominalShaftHz"],
  });

const share = z.number().gt(0).lt(1);
const mmS = z.number().positive();

/** How the agent judges. Every default is explained where its policy is defined: core/baseline.ts, core/detect.ts,
 *  core/alarm-verdict.ts, core/alarm-reason.ts, core/health-index.ts. */
const detector = z.strictObject({
  baseline: policy(
    {
      windows: z.int().min(10).max(1000),
      copies: z.int().min(0).max(8),
      speedTolerance: share,
      falseAlarmRate: share,
      folds: z.int().min(2).max(10),
      mostBands: z.int().min(1).max(100),
      commissioningWindows: z.int().min(10),
      leastSpectrumDeviation: z.number().positive(),
      leastRmsRatio: z.number().min(1),
    },
    defaultBaselinePolicy,
  ).prefault({}),
  detector: policy(
    { votesNeeded: z.literal([1, 2, 3]), standstillShare: share },
    defaultDetectorPolicy,
  ).prefault({}),
  alarm: policy(
    {
      raiseAbnormal: z.int().min(1).max(1000),
      raiseOf: z.int().min(1).max(1000),
      clearNormal: z.int().min(1).max(1000),
      clearBelow: z.number().gt(0).max(0.5),
      alarmFrom: z.number().min(0.5).max(1),
      releaseValid: z.int().min(1).max(1000),
      lineProminenceDb: z.number().positive(),
      velocity: z.strictObject({ warningMmS: mmS, alarmMmS: mmS }).optional(),
    },
    defaultAlarmPolicy,
  )
    .refine((one) => one.raiseAbnormal <= one.raiseOf, {
      message: "asks for more abnormal windows than raiseOf looks at; make it smaller",
      path: ["raiseAbnormal"],
    })
    .prefault({}),
  health: policy(
    { smoothing: z.number().gt(0).max(1), usualAnomaly: share, indexAtLimit: z.number().gt(0).lt(100) },
    defaultHealthPolicy,
  ).prefault({}),
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

/** The configuration file, version 1. */
export const agentFile = z.strictObject({
  version: z.literal(1),
  site: name.describe("ISA-95 site"),
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be an IANA time zone such as "Europe/Berlin" or "Asia/Shanghai"')
    .optional()
    .describe("In which screens show times; that of the browser where absent"),
  layout: z
    .strictObject({ file: z.string().min(1).describe("plant-layout/v1 as JSON or YAML") })
    .optional()
    .describe("Where things stand; worked out from the tags where absent"),
  data: z.string().min(1).default("./stethos-data").describe("Folder for history and baselines"),
  model: z.string().min(1).optional().describe("Model folder; the model that comes with the agent if absent"),
  scorerThreads: z.int().min(1).max(64).optional(),
  api: httpApiOptions.prefault({}),
  history: historyOptions.omit({ file: true }).prefault({}),
  outbox: outboxSettings.prefault({}).describe("What waits on the disk for the sinks"),
  sinks: z.array(sink).max(16).default([]).describe("Where readings, scores, health and alarms go"),
  rules: rulesSettings,
  logs: logOptions.prefault({}).describe("Where lines of the log go beside standard error"),
  tracing: tracingOptions
    .prefault({})
    .describe("Where the way of a reading is sent, when somebody asks for it"),
  models: modelsSettings.prefault({}),
  detector: detector.prefault({}),
  devices: z.array(device).min(1),
  machines: z.array(machine).min(1).optional(),
});

export type AgentFile = z.infer<typeof agentFile>;
export type DeviceFile = AgentFile["devices"][number];
export type TagFile = z.infer<typeof tag>;
export type WaveformFile = z.infer<typeof waveform>;
export type SensorFile = z.infer<typeof sensor>;
export type MachineFile = z.infer<typeof machine>;
