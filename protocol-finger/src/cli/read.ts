import { once } from "node:events";
import type { Clock } from "../clock/clock.ts";
import { slept } from "../clock/clock.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import type { DiagnosisCode } from "../diagnosis/diagnosis.ts";
import { diagnosisText, type Language } from "../diagnosis/texts.ts";
import { profileText } from "../explain-profile.ts";
import { FingerError } from "../finger-error.ts";
import type { Fingerprint } from "../fingerprint.ts";
import { titleOf } from "../fingerprint-text.ts";
import type { DeviceProfile } from "../profile-types.ts";
import { putJson, say, untilStopped } from "../terminal/streams.ts";
import { allowListOf } from "./allow-option.ts";
import { describeError } from "./describe-error.ts";
import {
  addExaminationOptions,
  type ExaminationOptions,
  type Examiner,
  openExaminer,
  targetOf,
} from "./examiner.ts";
import { hostOf } from "./host.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { countUpTo, gathered, milliseconds } from "./option-values.ts";
import { languageOption, stepText } from "./probe.ts";
import type { FieldReader, FieldRow } from "./read/field-reader.ts";
import { firstReader } from "./read/first-reader.ts";
import { fittingProfiles, kindOf, openReader, type Wanted } from "./read/open-reader.ts";
import { readingOf } from "./read/reading.ts";
import { createRounds } from "./read/rounds.ts";
import { readAreas } from "./read-areas.ts";

interface Options extends ExaminationOptions {
  readonly count?: number;
  readonly period?: number;
  readonly areas?: string;
  readonly lang: Language;
}

const MOST_ROUNDS = 1_000_000_000;

export const readCommand: AddCommand = (program, context) => {
  const command = program
    .command("read")
    .description("read addresses of a device, over whatever profile works, and print readings as NDJSON")
    .argument("<host>", "address or name")
    .argument(
      "<address...>",
      'S7 "DB1,REAL0" "MW10", Modbus "hr:0,FLOAT32@CDAB", OPC UA "ns=2;s=Temperature"',
    )
    .option("--allow <list>", "allow-list, as with probe; again for another", gathered)
    .option(
      "-n, --count <rounds>",
      "read all addresses so often (default: once, or without end with --period)",
      countUpTo(MOST_ROUNDS),
    )
    .option("--period <ms>", "time between two rounds", milliseconds)
    .option(
      "--areas <file>",
      "which Modbus registers are which bytes: S7 addresses then travel through Modbus too",
    )
    .addOption(languageOption());
  addExaminationOptions(command).addHelpText("after", HELP);
  command.action(async (subject: string, addresses: readonly string[], options: Options) => {
    const host = hostOf(subject);
    const kind = kindOf(addresses);
    const areas = options.areas === undefined ? undefined : await readAreas(options.areas);
    const stop = untilStopped(context);
    const examiner = await openExaminer(options, allowListOf(options.allow, host), context);
    let isTunnelMissed = false;
    try {
      const fingerprint = await found(host, examiner, context, stop.signal);
      const profiles = [fingerprint.profile, ...fingerprint.alternatives];
      isTunnelMissed = areas === undefined && kind === "s7" && profiles.some(isTunnel);
      const fitting = fittingProfiles(kind, profiles, areas);
      if (fitting.length === 0) throw noProfile(fingerprint, kind, profiles, options.lang, context);
      const wanted: Wanted = { host, addresses, ...(areas !== undefined && { areas }) };
      await readRounds(wanted, fitting, options, examiner, context, stop.signal);
    } catch (thrown) {
      if (thrown instanceof FingerError && thrown.diagnosis !== undefined) {
        sayDiagnosis(thrown.diagnosis, options.lang, context);
      }
      if (thrown instanceof FingerError && isTunnelMissed) say(context, TUNNEL_HINT);
      throw thrown;
    } finally {
      stop.dispose();
      await examiner.close();
    }
  });
};

const HELP = `
The form of the readings is that of Stethos' agent (reading.schema.json). An address without a value is a reading with
quality "bad" and the reason as its status.

Examples:
  protocol-finger read 10.0.0.5 DB1,REAL0 DB1,X4.0
  protocol-finger read 10.0.0.5 MW10 --period 500 | jq -r '[.sourceTime, .value] | @tsv'
  protocol-finger read 10.0.0.7 DB1,REAL0 --areas registers.yaml`;

async function found(
  host: string,
  examiner: Examiner,
  context: CliContext,
  signal: AbortSignal,
): Promise<Fingerprint> {
  const fingerprint = await examiner.examine(host, (step) => say(context, stepText(step)), signal);
  say(context, `${host}: ${titleOf(fingerprint)}`);
  return fingerprint;
}

function noProfile(
  { host, diagnoses }: Fingerprint,
  kind: string,
  profiles: readonly DeviceProfile[],
  language: Language,
  context: CliContext,
): FingerError {
  for (const { code } of diagnoses) sayDiagnosis(code, language, context);
  const known = profiles.map((profile) => `${profileText(profile)}: ${profile.why}`).join("; ");
  return new FingerError(
    "PLC_REFUSED",
    `${host} cannot be read with ${kind} addresses. What it offers: ${known}`,
  );
}

const isTunnel = ({ mode }: DeviceProfile): boolean => mode === "modbus-tunnel";

const TUNNEL_HINT =
  "S7 addresses may travel through this device's Modbus registers: name them with --areas FILE";

function sayDiagnosis(code: DiagnosisCode, language: Language, context: CliContext): void {
  const { cause, advice } = diagnosisText(code, language);
  say(context, `${code}\n  ${cause}\n  ${advice}`);
}

// A device that is lost is not tried again at once.
const LEAST_RETRY_MS = 5000;

async function readRounds(
  wanted: Wanted,
  profiles: readonly DeviceProfile[],
  options: Options,
  examiner: Examiner,
  context: CliContext,
  signal: AbortSignal,
): Promise<void> {
  const clock = createSystemClock();
  const open = (profile: DeviceProfile, stop: AbortSignal) => openReader(profile, wanted, clock, stop);
  const tell = (profile: DeviceProfile, error: FingerError) =>
    say(context, `${profileText(profile)} does not do: ${describeError(error)}`);
  const first = await firstReader(profiles, open, tell, signal);
  const { profile, reader } = first;
  say(context, `reading over ${profileText(profile)}`);
  const out = createOutput(wanted, reader.protocol, clock, context);
  const source = createRounds(
    first,
    () => open(profile, signal),
    wanted.addresses.length,
    (error) => say(context, describeError(error)),
  );
  const rounds = options.count ?? (options.period === undefined ? 1 : MOST_ROUNDS);
  try {
    await out.write(first.rows, signal);
    for (let round = 2; round <= rounds; round += 1) {
      const pauseMs = Math.max(options.period ?? 0, source.isLost ? LEAST_RETRY_MS : 0);
      if (!(await slept(clock, pauseMs, signal))) break;
      const rows = await source.next(signal);
      if (rows === undefined) break;
      await out.write(rows, signal);
    }
  } finally {
    if (out.values > 0) {
      await examiner.memory?.keep(targetOf(wanted.host, options), profile, reader.limits);
    }
    await source.close();
  }
  if (out.values === 0) context.exitWith(EXIT.failed);
}

interface Output {
  write(rows: readonly FieldRow[], signal: AbortSignal): Promise<void>;
  /** Rows with a value, so far. */
  readonly values: number;
}

function createOutput(
  { host, addresses }: Wanted,
  protocol: FieldReader["protocol"],
  clock: Clock,
  context: CliContext,
): Output {
  let sequence = 0;
  let values = 0;
  /** Why there was no value, when it was last looked for: said once, not every round. */
  const told = new Map<string, string | undefined>();
  return {
    get values() {
      return values;
    },
    async write(rows, signal) {
      const nowUs = clock.nowUs();
      for (const [i, row] of rows.entries()) {
        const address = addresses[i] ?? "";
        if (row.value !== null) values += 1;
        if (row.why !== undefined && told.get(address) !== row.why) say(context, `${address}: ${row.why}`);
        told.set(address, row.why);
        putJson(context, readingOf(row, { host, protocol, address, sequence, nowUs }));
      }
      sequence += 1;
      if (context.stdout.writableNeedDrain === true) await drained(context, signal);
    },
  };
}

/** Waits until more can be written, or until the command is to end. */
async function drained({ stdout }: CliContext, signal: AbortSignal): Promise<void> {
  try {
    await once(stdout, "drain", { signal });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
