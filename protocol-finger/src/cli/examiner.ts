import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { AllowList } from "../allow-list.ts";
import type { Budget } from "../budget.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { FingerError } from "../finger-error.ts";
import type { Fingerprint, ProtocolId } from "../fingerprint.ts";
import { type IdentifyStep, identify } from "../identify.ts";
import type { VerdictMemory } from "../memory.ts";
import { createVerdictMemory } from "../memory-file.ts";
import { startTcpdumpSynAcks, type TcpdumpSynAcks } from "../passive/tcpdump-syn-acks.ts";
import { loadSignatures } from "../signatures/load.ts";
import type { SignatureSet } from "../signatures/signature.ts";
import { say } from "../terminal/streams.ts";
import { type ByteLog, openByteLog } from "./byte-log.ts";
import { describeError } from "./describe-error.ts";
import type { CliIo } from "./io.ts";
import { gathered, milliseconds, portOf, protocolsOf } from "./option-values.ts";

/** Options of every command that speaks to devices. */
export interface ExaminationOptions {
  readonly allow?: readonly string[];
  readonly port?: Readonly<Partial<Record<ProtocolId, number>>>;
  readonly protocols?: readonly ProtocolId[];
  readonly inventory?: true;
  readonly fresh?: true;
  readonly signatures?: readonly string[];
  /** False for --no-memory. */
  readonly memory?: string | false;
  readonly spacing?: number;
  readonly bytes?: string;
  readonly synAck?: true;
}

export function addExaminationOptions(command: Command): Command {
  return command
    .option("--port <protocol=port>", "port where it is not the protocol's own; again for another", portOf)
    .option("--protocols <list>", "try only these, in this order: s7,modbus", protocolsOf)
    .option("--inventory", "ask everything that the budget allows, also after a confident verdict")
    .option("--fresh", "probe even a device that is known from an earlier run")
    .option("--signatures <folder>", "signatures of your own (YAML files); again for another", gathered)
    .option(
      "--memory <file>",
      "where verdicts are remembered (default: ~/.local/state/protocol-finger/verdicts.json)",
    )
    .option("--no-memory", "do without the memory of verdicts")
    .option("--spacing <ms>", "least time between two connections to a device (default: 1000)", milliseconds)
    .option("--bytes <file>", "append every byte sent and received, one JSON object a line")
    .option("--syn-ack", "see the device's SYN-ACK in full (needs tcpdump and CAP_NET_RAW)");
}

/** What examines devices in one command. */
export interface Examiner {
  readonly signatures: SignatureSet;
  readonly memory: VerdictMemory | undefined;
  examine(host: string, onStep: (step: IdentifyStep) => void, signal: AbortSignal): Promise<Fingerprint>;
  /** @throws FingerError where what was recorded on the way could not be kept */
  close(): Promise<void>;
}

/** @param allow devices that may be spoken to
 *  @param usual what may be spent on a device where --inventory does not want all of it
 *  @throws FingerError */
export async function openExaminer(
  options: ExaminationOptions,
  allow: AllowList,
  io: CliIo,
  usual: Partial<Budget> = {},
): Promise<Examiner> {
  const clock = createSystemClock();
  const budget: Partial<Budget> = {
    ...(options.inventory !== true && usual),
    ...(options.spacing !== undefined && { spacingMs: options.spacing }),
  };
  const signatures = await loadSignatures(options.signatures ?? []);
  const memory = await openMemory(options, io);
  const synAck: TcpdumpSynAcks | undefined = options.synAck ? await startTcpdumpSynAcks({}) : undefined;
  const log: ByteLog | undefined = options.bytes === undefined ? undefined : await openByteLog(options.bytes);
  return {
    signatures,
    memory,
    examine: (host, onStep, signal) =>
      identify(
        targetOf(host, options),
        {
          clock,
          allow,
          signatures,
          onStep,
          budget,
          ...(memory !== undefined && { memory }),
          ...(log !== undefined && { onBytes: log.write }),
          ...(synAck !== undefined && { synAck }),
        },
        signal,
      ),
    async close() {
      await synAck?.close();
      await log?.close();
    },
  };
}

export const targetOf = (host: string, { port, protocols, inventory, fresh }: ExaminationOptions) => ({
  host,
  ...(port !== undefined && { ports: port }),
  ...(protocols !== undefined && { protocols }),
  ...(inventory !== undefined && { inventory }),
  ...(fresh !== undefined && { fresh }),
});

async function openMemory(options: ExaminationOptions, io: CliIo): Promise<VerdictMemory | undefined> {
  if (options.memory === false) return undefined;
  const file = options.memory ?? defaultMemoryFile(io.env);
  try {
    mkdirSync(dirname(file), { recursive: true });
    return await createVerdictMemory(file, {
      clock: createSystemClock(),
      onSetAside: (aside, why) =>
        say(
          io,
          `the memory of verdicts was damaged (${why.replace(/\s+/g, " ")}); it is kept as ${aside}, and devices are probed anew`,
        ),
    });
  } catch (thrown) {
    // A file that was asked for must be there; the default one is a help that a read-only container does without.
    if (options.memory !== undefined) {
      const message = `${file} cannot be the memory of verdicts; name a file in a folder that can be written to`;
      throw new FingerError("OPTION_INVALID", message, { cause: thrown });
    }
    say(io, `verdicts are not remembered: ${describeError(thrown)}`);
    return undefined;
  }
}

function defaultMemoryFile(env: CliIo["env"]): string {
  // XDG Base Directory Specification 0.8.
  const state = env["XDG_STATE_HOME"] || join(homedir(), ".local/state");
  return join(state, "protocol-finger/verdicts.json");
}
