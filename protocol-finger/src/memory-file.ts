import { open, readFile, rename } from "node:fs/promises";
import { z } from "zod";
import type { Clock } from "./clock/clock.ts";
import { changeOf } from "./device-change.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { fingerprintSchema, profileSchema } from "./fingerprint-schema.ts";
import type { Remembered, VerdictMemory } from "./memory.ts";
import type { Target } from "./target.ts";

const remembered = z.object({
  fingerprint: fingerprintSchema,
  worked: z.exactOptional(profileSchema),
  limits: z.record(z.string(), z.number()),
});
const content = z.object({ version: z.literal(1), devices: z.record(z.string(), remembered) });

type Devices = Map<string, Remembered>;

/** The device that was heard of longest ago makes room. */
const MOST_DEVICES = 4096;

export interface VerdictMemoryDeps {
  readonly clock: Clock;
  /** Told when the file could not be read and now lies under another name. */
  readonly onSetAside?: (file: string, why: string) => void;
}

/** A memory in one JSON file, which is replaced as a whole: a power cut leaves the old one or the new one.
 *  @throws the file system's own error where the file cannot be read, or cannot be set aside */
export async function createVerdictMemory(file: string, deps: VerdictMemoryDeps): Promise<VerdictMemory> {
  const devices = await load(file, deps);
  let saving: Promise<void> = Promise.resolve();

  function save(): Promise<void> {
    const saved = saving.then(() => write(file, devices));
    // The next save writes everything anyhow; whoever awaits this one is told.
    saving = saved.catch(() => undefined);
    return saved;
  }

  function put(key: string, device: Remembered): Promise<void> {
    devices.delete(key);
    devices.set(key, device);
    for (const oldest of devices.keys()) {
      if (devices.size <= MOST_DEVICES) break;
      devices.delete(oldest);
    }
    return save();
  }

  return {
    recall: (target) => devices.get(keyOf(target)),
    remember(target, fingerprint) {
      const earlier = devices.get(keyOf(target));
      return put(keyOf(target), { limits: {}, ...(isSame(earlier, fingerprint) && earlier), fingerprint });
    },
    async keep(target, worked, limits = {}) {
      const known = devices.get(keyOf(target));
      if (known !== undefined)
        await put(keyOf(target), { ...known, worked, limits: { ...known.limits, ...limits } });
    },
    async forget(target) {
      if (devices.delete(keyOf(target))) await save();
    },
  };
}

const isSame = (earlier: Remembered | undefined, now: Fingerprint): boolean =>
  earlier !== undefined && changeOf(earlier.fingerprint, now) === undefined;

/** Behind one address there may be several devices, each on ports of its own. */
function keyOf({ host, ports = {} }: Target): string {
  const own = Object.entries(ports)
    .map(([protocol, port]) => `${protocol}=${port}`)
    .sort();
  return [host.toLowerCase(), ...own].join(" ");
}

async function load(file: string, deps: VerdictMemoryDeps): Promise<Devices> {
  const text = await textOf(file);
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(content.parse(JSON.parse(text)).devices));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError) && !(thrown instanceof z.ZodError)) throw thrown;
    const aside = `${file}.bad-${Math.round(deps.clock.nowUs() / 1000)}`;
    await rename(file, aside);
    const why = thrown instanceof z.ZodError ? z.prettifyError(thrown) : thrown.message;
    deps.onSetAside?.(aside, why);
    return new Map();
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}

async function write(file: string, devices: Devices): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(JSON.stringify({ version: 1, devices: Object.fromEntries(devices) }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
