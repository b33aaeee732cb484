import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { IdentifyDeps, ProtocolId, Target, VerdictMemory } from "@stethos/protocol-finger";
import { type AutoOptions, hostOf } from "../config/auto-options.ts";
import { describeError, EdgeError } from "../core/errors.ts";
import type { DriverDeps } from "../ports/driver.ts";
import type { AddressKind, Identifier } from "../ports/identify.ts";

/** Finds out who devices are, with one memory for all of them. */
export interface Finger {
  /** Loads protocol-finger when it is first asked: a plant whose protocols are all configured does not pay for it. */
  identifierOf(options: AutoOptions, kind: AddressKind): Promise<Identifier>;
}

type Deps = Pick<DriverDeps, "clock" | "logger">;

interface Loaded {
  readonly door: typeof import("@stethos/protocol-finger");
  readonly signatures: IdentifyDeps["signatures"];
  /** Undefined where nothing can be kept. */
  readonly memory: VerdictMemory | undefined;
}

/** @param dataFolder where verdicts are remembered */
export function createFinger(deps: Deps, dataFolder: string): Finger {
  let loading: Promise<Loaded> | undefined;
  return {
    async identifierOf(options, kind) {
      loading ??= load(deps, dataFolder);
      return identifierOf(await loading, options, kind, deps);
    },
  };
}

async function load(deps: Deps, folder: string): Promise<Loaded> {
  const door = await import("@stethos/protocol-finger");
  return { door, signatures: await door.builtInSignatures(), memory: await openMemory(door, deps, folder) };
}

async function openMemory(
  door: Loaded["door"],
  { clock, logger }: Deps,
  folder: string,
): Promise<VerdictMemory | undefined> {
  const file = join(folder, "devices.json");
  try {
    await mkdir(folder, { recursive: true });
    return await door.createVerdictMemory(file, {
      clock,
      onSetAside: (aside, why) =>
        logger.warn(
          { aside, why },
          "the memory of devices was damaged and set aside; they are identified anew",
        ),
    });
  } catch (thrown) {
    // What a folder that cannot be written to costs is an identification after each start.
    logger.warn({ file, err: describeError(thrown) }, "who devices are cannot be remembered");
    return undefined;
  }
}

function identifierOf(
  { door, signatures, memory }: Loaded,
  options: AutoOptions,
  kind: AddressKind,
  { clock, logger }: Deps,
): Identifier {
  const host = hostOf(options.endpoint);
  const target: Target = { host, ports: options.ports ?? {} };
  const known: IdentifyDeps = {
    clock,
    signatures,
    allow: door.parseAllowList(options.allow ?? [host]),
    budget: { spacingMs: options.spacingMs },
    onStep: (step) => logger.debug({ host, ...step }, "identifying"),
  };
  const recall = () => memory?.recall(target);
  const ask = async (asked: Target, keeper: VerdictMemory | undefined, signal: AbortSignal) => {
    try {
      return await door.identify(asked, { ...known, ...(keeper && { memory: keeper }) }, signal);
    } catch (thrown) {
      throw edgeError(thrown, door);
    }
  };
  return {
    recall,
    identify: (fresh, signal) => ask({ ...target, ...orderFor(kind), fresh }, memory, signal),
    check: (protocol, signal) =>
      ask({ ...target, protocols: [protocol], fresh: true }, { ...nothing, recall }, signal),
    async keep({ fingerprint, profile, limits }) {
      // Who could be read is known well enough, whatever the confidence.
      if (recall() === undefined) await memory?.remember(target, fingerprint);
      await memory?.keep(target, profile, limits);
    },
  };
}

/** An examination ends when it is sure who the device is, so what the tags need comes first; then what could be read
 *  instead, and the most frequent of those that have no driver. More is asked by `protocol-finger probe`. */
const orderFor = (kind: AddressKind): Pick<Target, "protocols"> => ({
  protocols: [...new Set<ProtocolId>([kind, "s7", "modbus", "opcua", "enip"])],
});

/** What is found out goes no further. */
const nothing = { remember: async () => {}, keep: async () => {}, forget: async () => {} };

function edgeError(thrown: unknown, { FingerError }: Loaded["door"]): unknown {
  if (!(thrown instanceof FingerError)) return thrown;
  const code = thrown.code === "PLC_UNREACHABLE" ? "PLC_UNREACHABLE" : "CONFIG_INVALID";
  return new EdgeError(code, thrown.message, { cause: thrown });
}
