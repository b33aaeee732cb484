import { z } from "zod";
import { createStateFile } from "../adapters/state-file/state-file.ts";
import { EdgeError } from "../core/errors.ts";
import type { SloState } from "../core/slo/slo-state.ts";
import type { SloStore } from "../flow/slo-memory.ts";

const count = z.number().int().nonnegative();
const timeUs = z.number().int();

// Raise the version when older text cannot be read as this any more.
const state = z.object({
  version: z.literal(1),
  objectives: z
    .array(
      z.object({
        slo: z.string().regex(/^(inference|delivery .+)$/su),
        isBurning: z.boolean(),
        /** Minute since 1970, good, bad: as short as six hours of them can be. */
        minutes: z.array(z.tuple([timeUs, count, count])).max(360),
      }),
    )
    .max(1000),
  actionsUs: z.array(timeUs).max(1000).readonly(),
  isActing: z.boolean(),
});

/** Keeps the state of the objectives in a file of its own. */
export function createSloStore(path: string): SloStore {
  const file = createStateFile(path);
  return {
    async read() {
      const text = await file.read();
      return text === undefined ? undefined : parse(text, path);
    },
    write: ({ objectives, ...rest }) =>
      file.write(
        JSON.stringify({
          version: 1,
          objectives: objectives.map(({ minutes, ...objective }) => ({
            ...objective,
            minutes: minutes.map(({ minute, good, bad }) => [minute, good, bad]),
          })),
          ...rest,
        } satisfies z.input<typeof state>),
      ),
  };
}

function parse(text: string, path: string): SloState {
  const read = state.safeParse(jsonOf(text, path));
  if (!read.success) {
    const [first] = read.error.issues;
    throw damaged(path, new TypeError(`${first?.path.join(".") || "the whole"}: ${first?.message}`));
  }
  const { objectives, actionsUs, isActing } = read.data;
  return {
    objectives: objectives.map(({ slo, isBurning, minutes }) => ({
      slo,
      isBurning,
      minutes: minutes.map(([minute, good, bad]) => ({ minute, good, bad })),
    })),
    actionsUs,
    isActing,
  };
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(path, cause);
  }
}

const damaged = (path: string, cause: unknown): EdgeError =>
  new EdgeError("DATA_INVALID", `${path} is damaged; it is begun anew, and nothing is to be done`, { cause });
