import type { Done } from "./in-name-of.ts";

/** A browser opens no more connections to one agent. */
const AT_ONCE = 6;

/** `done` of several are done; these are not. */
export interface Partly {
  readonly kind: "partly";
  readonly done: number;
  readonly failures: readonly { readonly name: string; readonly error: unknown }[];
}

/** Does something to each of a list, a few at a time: one that fails does not keep the others from being tried. Called
 *  again, it tries those that failed.
 *  @param nameOf how a failure is told */
export function eachOf<T, G>(
  items: readonly T[],
  nameOf: (item: T) => string,
  work: (item: T, given: G, signal: AbortSignal) => Promise<Done<unknown>>,
): (given: G, signal: AbortSignal) => Promise<Done<number> | Partly> {
  let left = items;
  return async (given, signal) => {
    const waiting = [...left];
    const failed = new Map<T, unknown>();
    let isNameless = false;
    let done = 0;
    const turn = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        if (signal.aborted || isNameless) return;
        const result = await work(item, given, signal);
        if (result.kind === "done") done += 1;
        else if (result.kind === "failed") failed.set(item, result.error);
        else isNameless = true;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, turn));
    if (isNameless) return { kind: "nameless" };
    left = [...failed.keys()];
    if (left.length === 0) return { kind: "done", value: done };
    const failures = [...failed].map(([item, error]) => ({ name: nameOf(item), error }));
    return { kind: "partly", done, failures };
  };
}
