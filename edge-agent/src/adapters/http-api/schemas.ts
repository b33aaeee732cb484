import { z } from "zod";
import { RIGHTS, ROLES } from "../../core/roles.ts";
import { PROTOCOLS } from "../../core/tag.ts";
import { label, models } from "./model-schemas.ts";
import { count, machineId, sensorId, share, time } from "./schema-parts.ts";

// One schema for each thing that leaves the process. They are the source of the published JSON Schemas and of the
// OpenAPI document; a test checks that each says what the core's type says.

const unit = z.string().describe('UCUM code, case sensitive ("Cel", "m/s2"); "1" for none');
const severity = z.enum(["warning", "alarm"]);
const quality = z
  .enum(["good", "uncertain", "bad"])
  .describe("What the OPC UA status code means for its use");
const protocol = z.enum(PROTOCOLS).describe("auto: found out, and not known yet");

const path = z
  .object({ site: z.string(), area: z.string(), line: z.string(), cell: z.string(), asset: z.string() })
  .describe("Equipment levels of ISA-95 (IEC 62264-1)");

const scalar = z.union([z.number(), z.boolean(), z.string()]);

export const reading = z
  .object({
    tag: z.string().describe("Tag id: asset path and name, joined by /"),
    value: z
      .union([scalar, z.array(scalar), z.null()])
      .describe("In `unit`; null where there is none. 64-bit integers beyond 2^53 are decimal text"),
    unit,
    quality,
    statusCode: z.int().min(0).max(0xffffffff).describe("OPC UA status code (OPC 10000-4, 7.39)"),
    status: z.string().describe("The status code by name, or in hexadecimal"),
    sourceTime: time("When the device says it was so; the agent's time where the protocol carries none"),
    agentTime: time("When the agent got it"),
    sequence: count.describe("Counts the readings of this tag since the agent started; a gap is a loss"),
    device: z.string(),
    protocol,
    address: z.string().describe("In the protocol's own notation"),
  })
  .meta({ id: "Reading", description: "The value of one tag at one time" });

export const tag = z
  .object({
    id: z.string(),
    path,
    name: z.string(),
    device: z.string(),
    protocol,
    address: z.string(),
    unit,
    scale: z.number().describe("Engineering value = raw value x scale + offset"),
    offset: z.number(),
    deadband: z.number().optional().describe("In `unit`; smaller changes are not passed on"),
    limits: z
      .object({
        lowLow: z.number().optional(),
        low: z.number().optional(),
        high: z.number().optional(),
        highHigh: z.number().optional(),
        normalLow: z.number().optional(),
        normalHigh: z.number().optional(),
        hysteresis: z.number(),
        delayS: z.number(),
      })
      .optional()
      .describe("Where its value ought to stay, in `unit`"),
  })
  .meta({ id: "Tag", description: "A named point of the plant, as configured" });

const line = z.object({
  name: z.enum(["BPFO", "BPFI", "BSF", "FTF"]),
  foundHz: z.number().describe("Where the peak stands, Hz"),
  expectedHz: z.number().describe("Where the bearing's geometry says it should stand, Hz"),
  prominenceDb: z.number().describe("Peak over local median, dB, best of three harmonics"),
});

const features = z
  .object({
    rms: z.number().describe("In the waveform's unit"),
    peak: z.number().describe("In the waveform's unit"),
    crest: z.number(),
    kurtosis: z.number().describe("Pearson's; 3 for a Gaussian signal"),
    skewness: z.number(),
    velocityRms: z.number().optional().describe("mm/s in 10..1000 Hz (ISO 20816-1)"),
    lines: z.array(line).describe("Bearing lines in the squared envelope spectrum"),
  })
  .describe("What physics says of the window");

export const score = z
  .object({
    machine: machineId,
    sensor: sensorId,
    time: time("End of the window"),
    sequence: count,
    model: z.string(),
    shaftHz: z.number().describe("Shaft speed, Hz; 0 where unknown"),
    sensorState: z
      .enum(["valid", "flat", "clipped", "disconnected", "bad-quality"])
      .describe('Only "valid" is evidence about the machine'),
    state: z
      .enum(["scored", "degraded", "learning", "no-baseline", "not-scored"])
      .describe(
        "degraded: judged by thresholds alone, as the network fails; learning: the baseline is not complete; " +
          "no-baseline: this speed has none",
      ),
    anomaly: share.describe("0..1, 0.5 at the alarm threshold; 0 unless scored or degraded"),
    votes: z
      .object({
        network: z.boolean().optional(),
        spectrum: z.boolean().optional(),
        rms: z.boolean().optional(),
      })
      .optional()
      .describe("Who calls the window unusual; absent: had no say"),
    faultHint: z
      .enum(["healthy", "inner-race", "outer-race", "ball", "shaft"])
      .optional()
      .describe("The network's most likely class: a hint, not a verdict"),
    spectrumRatio: z.number().optional().describe("Distance from the baseline's spectrum, over its limit"),
    rmsRatio: z.number().optional().describe("RMS over that of the healthy machine"),
    features: features.optional(),
    latencyMs: z.number().describe("From the window's last sample in the agent to this score, ms"),
  })
  .meta({ id: "Score", description: "What the model and the detector say of one window of one sensor" });

export const health = z
  .object({
    machine: machineId,
    time: time("When the health was reckoned"),
    state: z.enum(["unknown", "learning", "healthy", "warning", "alarm", "sensor-fault", "offline"]),
    index: z.number().min(0).max(100).optional().describe("0 (failed) .. 100 (as at commissioning)"),
    baselineProgress: share.describe("Share of the baseline learnt, 0..1"),
  })
  .meta({ id: "Health", description: "What is known of a machine's health" });

export const inhibit = z
  .object({
    kind: z.enum(["out-of-service", "shelved", "suppressed-by-design"]),
    source: sensorId.describe("Id of the sensor or tag that alarms"),
    by: z.string().describe('A name; "agent" for what the design suppresses'),
    reason: z.string(),
    fromTime: time("When it began"),
    untilTime: time("When it ends by itself").optional(),
  })
  .meta({ id: "Inhibit", description: "Why the alarms of one source are kept from the operators" });

export const alarm = z
  .object({
    id: z.string(),
    machine: machineId,
    sensor: sensorId,
    state: z
      .enum([
        "normal",
        "unacknowledged-active",
        "acknowledged-active",
        "unacknowledged-cleared",
        "suppressed",
      ])
      .describe("ISA-18.2 / IEC 62682"),
    severity,
    priority: z.enum(["critical", "high", "medium", "low"]).optional(),
    inhibit: inhibit.optional().describe("Why it is kept from the operators, where it is"),
    raisedTime: time("When it was raised"),
    clearedTime: time("When its cause went away").optional(),
    acknowledgedTime: time("When somebody acknowledged it").optional(),
    acknowledgedBy: z.string().optional(),
    suppressedReason: z.string().optional(),
    peakAnomaly: share.describe("Worst anomaly score while active, 0..1"),
    reason: z.string().describe("Key of a sentence that screens translate"),
    evidence: z.record(z.string(), z.union([z.number(), z.string()])).describe("The values of that sentence"),
  })
  .meta({
    id: "Alarm",
    description: "One alarm of one source: a sensor of a machine, or a tag that left its limits",
  });

const bearing = z.object({
  name: z.string(),
  rollers: z.int().min(1),
  diameterRatio: share.describe("Roller diameter over pitch diameter, 0..1"),
  contactAngleDeg: z.number().describe("Degrees"),
});

export const machine = z
  .object({
    id: machineId,
    name: z.string(),
    path,
    sensors: z.array(z.object({ id: sensorId, name: z.string(), bearing: bearing.optional() })),
    tags: z.array(z.object({ id: z.string(), name: z.string(), unit })).describe("Shown with the machine"),
    health,
    scores: z.array(score).describe("Newest of each sensor that has one"),
    readings: z.array(reading).describe("Newest of each of the machine's tags that has one"),
    openAlarms: count,
    worst: severity.optional().describe("Worst severity of the open alarms"),
  })
  .meta({ id: "Machine", description: "A machine with all that is newest of it" });

export const feedMessage = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("snapshot"),
      time: time("When it was sent"),
      agent: z.object({ version: z.string(), model: z.string() }),
      machines: z.array(machine),
      alarms: z.array(alarm).describe("Open ones and those cleared lately, newest first"),
      models: models.optional(),
    }),
    z.object({
      kind: z.literal("change"),
      time: time("When it was sent"),
      health: z.array(health),
      scores: z.array(score),
      readings: z.array(reading),
      alarms: z.array(alarm),
    }),
    z.object({ kind: z.literal("models"), time: time("When it was sent"), models }),
    z.object({ kind: z.literal("heartbeat"), time: time("When it was sent") }),
  ])
  .meta({
    id: "FeedMessage",
    description:
      "A message of the WebSocket feed /v1/feed: first a snapshot, then changes (the newest of each tag, sensor, " +
      "machine and alarm, at most five a second), what changed of models (at most once a second) and a heartbeat " +
      "every two seconds. Another snapshot replaces all",
  });

const column = z.array(z.number().nullable());

export const trend = z
  .object({
    id: z.string(),
    unit,
    time: z.array(z.number()).describe("Middle of each bucket, seconds since 1970-01-01T00:00:00Z"),
    min: column.describe("In `unit`; null where the bucket holds no usable value"),
    max: column,
    mean: column,
  })
  .meta({ id: "Trend", description: "A history, down-sampled into equal buckets; columns of equal length" });

export const waveform = z
  .object({
    sensor: sensorId,
    unit: z.string().describe('UCUM code; "" where the configuration does not say'),
    quality,
    sequence: z.number().describe("The device's own count of blocks"),
    sampleRateHz: z.number().positive().describe("Hz"),
    firstSampleTime: time("Time of the first of `samples`"),
    samples: column.describe("In `unit`; null where the device sent no number"),
    totalSamples: count.describe("Samples of the whole block"),
  })
  .meta({ id: "Waveform", description: "Equally spaced samples of one sensor, or a stretch of them" });

export const spectrogram = z
  .object({
    sensor: sensorId,
    firstSampleTime: time("Time of the first sample"),
    rows: z.int().min(0).max(128).describe("Frequency bands of equal width from 0 to maxHz"),
    columns: z.int().min(0).max(256).describe("Windows, equally spaced over `seconds`"),
    maxHz: z.number().describe("Hz"),
    seconds: z.number().describe("Length of the signal, s"),
    db: z
      .array(z.number())
      .describe("Row-major, row 0 the lowest band; 0 dB is a sine of amplitude 1 in the waveform's unit"),
    against: z
      .literal("baseline")
      .optional()
      .describe(
        "Then db says how much each band stands above its healthy level, the level of the whole taken out",
      ),
  })
  .meta({ id: "Spectrogram", description: "Levels of a waveform over time and frequency" });

export const frame = z
  .object({
    id: z.string(),
    kind: z.enum(["alarm", "disagreement", "drift", "random"]).describe("Why it is kept"),
    machine: machineId,
    sensor: sensorId,
    unit: z.string().describe('UCUM code; "" where the configuration does not say'),
    time: time("End of the window"),
    sampleRateHz: z.number().positive().describe("Hz"),
    shaftHz: z.number().describe("Shaft speed, Hz; 0 where unknown"),
    model: z.string().describe('"name version" of the champion then'),
    probability: share.describe("Of not being healthy, says the champion, 0..1"),
    challengerProbability: share.optional().describe("The same of the challenger, where there was one"),
    alarm: z.string().optional().describe("Id of the alarm that it belongs to"),
    label: label.optional(),
    spectrogram,
  })
  .meta({ id: "Frame", description: "A kept window with what each model says of it, and its picture" });

const diagnosis = z.object({
  code: z.string().describe("Stable; match on this"),
  observed: z.string().describe("What was seen"),
  cause: z.string().describe("The likely cause, in the language that was asked for"),
  advice: z.string().describe("What to do, in the language that was asked for"),
});

const profile = z.object({
  mode: z.enum(["s7-native", "s7-compat", "modbus-tunnel", "modbus", "opcua", "none"]),
  why: z.string().describe("Why it is read this way"),
});

const deviceShape = {
  name: z.string(),
  protocol: z.enum(PROTOCOLS).describe("As configured; auto: found out"),
  up: z.boolean(),
  reason: z.string(),
  sinceTime: time("When it went up or down"),
  tags: z.object({ total: count, good: count }).describe("Good: those whose newest value can be used"),
  fingerprint: z
    .object({
      vendor: z.string().optional(),
      family: z.string().optional(),
      model: z.string().optional(),
      orderNumber: z.string().optional(),
      firmware: z.string().optional(),
      serial: z.string().optional(),
      nature: z.string().describe("plc, soft-plc, gateway, meter, drive, simulator, honeypot ..."),
      confidence: share.describe("Of vendor and family together"),
      time: time("When it was examined"),
    })
    .optional()
    .describe("Who it is, where that was found out; what nothing supports is absent"),
  profile: profile.optional().describe("How it is read, where that was found out"),
  diagnosis: diagnosis.optional().describe("What is wrong with it"),
};

export const device = z
  .object(deviceShape)
  .meta({ id: "Device", description: "A device and what is known of it" });

export const deviceDetail = z
  .object({
    ...deviceShape,
    protocols: z.array(
      z.object({
        id: z.string(),
        port: z.int(),
        state: z.enum(["speaks", "open", "closed", "filtered"]),
        hasDriver: z.boolean(),
      }),
    ),
    evidence: z
      .array(
        z.object({
          probe: z.string(),
          observed: z.string(),
          bytes: z.string().describe("The bytes that say so, in hex"),
          weight: share.describe("How sure this alone would make us"),
          source: z.string().describe("Who says that it means this"),
        }),
      )
      .describe("Weightiest first"),
    advised: z.array(profile).describe("What the fingerprint advises: first choice, then the rest"),
    findings: z.array(diagnosis).describe("What was wrong while it was examined"),
    spent: z
      .object({ connections: count, frames: count, ms: z.number() })
      .optional()
      .describe("What the examination cost the device"),
  })
  .meta({ id: "DeviceDetail", description: "A device with all that its fingerprint rests on" });

export const status = z
  .object({
    time: time("When it was asked"),
    version: z.string(),
    startedTime: time("When the agent started"),
    model: z.object({ name: z.string(), version: z.string() }),
    devices: z.array(device).describe("Diagnoses in English"),
    counters: z.record(z.string(), z.number()).describe("Counted since the start, by name"),
    feedClients: count.describe("Screens that listen to the feed"),
    history: z
      .object({
        bytes: count,
        readings: count,
        oldestTime: time("Of the oldest reading kept").optional(),
        uncommitted: count.describe("Handed over and not yet on disk"),
        lost: count.describe("Given up: queue or disk full"),
      })
      .optional()
      .describe("Absent while the history does not answer"),
  })
  .meta({ id: "Status", description: "What the agent says of itself" });

export const problem = z
  .object({
    type: z.string().meta({ format: "uri", description: "Stable; match on this" }),
    title: z.string(),
    status: z.int().min(400).max(599).describe("The HTTP status"),
    detail: z.string().describe("What happened here, and the mend"),
    requestId: z.string().optional().describe("Finds the line in the agent's log"),
  })
  .meta({ id: "Problem", description: "Why a request was refused (RFC 9457)" });

export const session = z
  .object({
    role: z.enum(ROLES),
    name: z
      .string()
      .optional()
      .describe("Whose token it is, where it is one person's: commands are signed so, whatever they say"),
    isProtected: z.boolean().describe("False where the agent asks for no token"),
    rights: z.array(z.enum(RIGHTS)).describe("What this role may do"),
  })
  .meta({ id: "Session", description: "Who asks, and what that role may do" });

const replaySpan = z.object({
  fromTime: time("Of its first message"),
  toTime: time("Of its last message"),
  layoutHash: z.int().min(0).describe("Of the plant's layout then"),
});

export const replay = z
  .object({
    fromTime: time("The oldest that is kept; absent where nothing is").optional(),
    toTime: time("The newest").optional(),
    spans: z.array(replaySpan).describe("Stretches without a gap, oldest first"),
  })
  .meta({ id: "Replay", description: "What of the twin can be replayed" });
